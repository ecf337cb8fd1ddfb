import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { eventually, never } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { Link } from '#test/support/link.ts';

/** One end of a connection and what it has heard. */
class End {
  readonly socket: Socket;
  heard = '';
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.heard += bytes.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
  }
}

describe('Link', () => {
  let handles: HandleWatch;
  let target: Server;
  let link: Link;
  const accepted: End[] = [];
  const dialled: End[] = [];

  async function dial(): Promise<{ client: End; server: End }> {
    const before = accepted.length;
    const client = new End(connect(link.port, link.host));
    dialled.push(client);
    const server = await eventually(() => accepted[before] ?? false, { what: 'the target has accepted' });
    return { client, server };
  }

  beforeEach(async () => {
    handles = new HandleWatch();
    target = createServer((socket) => accepted.push(new End(socket)));
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    link = await Link.open({ target: { port: (target.address() as AddressInfo).port } });
  });

  afterEach(async () => {
    await link.close();
    for (const { socket } of [...accepted, ...dialled]) socket.destroy();
    accepted.length = 0;
    dialled.length = 0;
    await new Promise((closed) => target.close(closed));
    await handles.check();
  });

  it('passes bytes and the end of a connection on', async () => {
    const { client, server } = await dial();
    client.socket.write('ping');
    await eventually(() => server.heard === 'ping');
    server.socket.end('pong');
    await eventually(() => client.heard === 'pong' && client.closed);
    await eventually(() => link.connections === 0);
  });

  it('cut: resets what is open and what comes', async () => {
    const { client, server } = await dial();
    link.cut();
    await eventually(() => client.closed && server.closed);
    const late = new End(connect(link.port, link.host));
    await eventually(() => late.closed);
    await link.heal();
    const again = await dial();
    again.client.socket.write('back');
    await eventually(() => again.server.heard === 'back');
  });

  it('refuse: nobody can connect until it is healed', async () => {
    await link.refuse();
    const [error] = (await once(connect(link.port, link.host), 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
    await link.heal();
    await dial();
  });

  it('hang: holds one direction only, and delivers when healed', async () => {
    const { client, server } = await dial();
    link.hang('toTarget');
    client.socket.write('held');
    server.socket.write('passed');
    await eventually(() => client.heard === 'passed');
    await never(() => server.heard !== '', 50);
    await link.heal();
    await eventually(() => server.heard === 'held');
  });

  it('hang: the end of a connection is not told either', async () => {
    const { client, server } = await dial();
    link.hang();
    client.socket.resetAndDestroy();
    await never(() => server.closed, 50);
    await link.heal();
    await eventually(() => server.closed);
  });

  it('delay: everything arrives later, in order', async () => {
    const { client, server } = await dial();
    link.delay(60, 'toTarget');
    const startMs = performance.now();
    client.socket.write('a');
    setImmediate(() => client.socket.write('b'));
    await eventually(() => server.heard === 'ab');
    assert.ok(performance.now() - startMs >= 60);
  });

  it('halfOpen: the end that stays hears nothing of the loss', async () => {
    const { client, server } = await dial();
    link.halfOpen('client');
    await eventually(() => server.closed);
    client.socket.write('into the void');
    await never(() => client.closed, 50);
    const other = await dial();
    other.client.socket.write('new');
    await eventually(() => other.server.heard === 'new');
    await link.heal();
    await eventually(() => client.closed);
  });
});
