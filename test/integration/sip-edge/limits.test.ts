import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { EdgeUnderTest, isRealServer, t1Ms, testSecret } from '#test/support/sip/edge.ts';
import { Phone } from '#test/support/sip/phone.ts';
import { header, sdp } from '#test/support/sip/sip-message.ts';
import { skipBecause } from '#test/support/skip.ts';
import type { SrfApplication } from '#ucserver/sip/srf.ts';

/** A client of the control port that says what the test wants. */
async function controlClient(edge: EdgeUnderTest): Promise<{ socket: Socket; ask(payload: string): void; heard(): string }> {
  const socket = connect(edge.control.port, edge.control.host);
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    text += bytes;
  });
  await once(socket, 'connect');
  return { socket, ask: (payload) => void socket.write(`${Buffer.byteLength(payload)}#${payload}`), heard: () => text };
}

describe('SIP edge: who may do what', () => {
  const handles = new HandleWatch();
  let edge: EdgeUnderTest;
  let app: SrfApplication;

  before(async function () {
    if (isRealServer) skipBecause(this, 'these are limits of the embedded edge; a drachtio-server has its own, or none');
    edge = await EdgeUnderTest.start({
      limits: { connectionsPerSource: 4, transactionsPerSource: 3, messageMs: 200 },
      listeners: [
        { protocol: 'udp' },
        { protocol: 'tcp' },
        { protocol: 'ws' },
        { protocol: 'udp', host: '::1' },
        { protocol: 'tcp', host: '::1' },
      ],
    });
    app = await edge.application();
    app.use('invite', (request, response) => {
      if (request.uri.includes('busy@')) response.send(486);
    });
    app.use('options', (_, response) => response.send(200));
    app.use('message', () => undefined);
  });
  after(async () => {
    if (isRealServer) return;
    await edge.idle();
    await edge.stop();
    await handles.check();
  });

  it('nobody without the secret does anything on the control port', async () => {
    for (const payload of [
      '1|route|invite',
      '1|sip||\r\nOPTIONS sip:a@127.0.0.1 SIP/2.0\r\n\r\n',
      '1|ping',
      `1|authenticate|${testSecret}x|`,
      'nonsense',
    ]) {
      const client = await controlClient(edge);
      client.ask(payload);
      await once(client.socket, 'close');
      assert.match(client.heard(), /^$|\|NO\|/, payload);
    }
    for (const bytes of ['x#', '99999999#', '#', '1234567']) {
      const client = await controlClient(edge);
      client.socket.write(bytes);
      await once(client.socket, 'close');
    }
  });

  it('who was let in may pipeline and split frames, and gets pongs', async () => {
    const client = await controlClient(edge);
    client.ask(`1|authenticate|${testSecret}|tag`);
    client.socket.write('6#2|ping6#');
    client.socket.write('3|ping');
    await eventually(() => client.heard().includes('|response|3|OK|pong'));
    assert.match(client.heard(), /\|response\|1\|OK\|udp\/127\.0\.0\.1:\d+,.*\|v\d+\.\d+\.\d+/);
    client.socket.destroy();
  });

  it('frames of 200 kB are taken, and bodies of any bytes', async () => {
    const phone = await Phone.open('alice', edge.address('tcp'));
    const body = `v=0\r\n${'ä'.repeat(28_000)}`;
    const sending = app.request(`sip:alice@127.0.0.1:${phone.port};transport=tcp`, {
      method: 'MESSAGE',
      body,
      headers: { 'Content-Type': 'text/plain' },
    });
    const message = await phone.nextRequest('MESSAGE');
    assert.equal(message.body, body);
    phone.answer(message, 200);
    await sending;
    await phone.close();
  });

  it('a connection brings no message of more than 64 kB, nor one without an end', async () => {
    for (const text of [
      `MESSAGE sip:a@b SIP/2.0\r\nSubject: ${'x'.repeat(70_000)}`,
      `MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 70000\r\n\r\n`,
    ]) {
      const phone = await Phone.open('alice', edge.address('tcp'));
      phone.raw(text);
      await eventually(() => phone.isCutOff);
      await phone.close();
    }
  });

  it('a slow sender is cut off, one that only pings is not', async () => {
    const slow = await Phone.open('slow', edge.address('tcp'));
    const idle = await Phone.open('idle', edge.address('tcp'));
    idle.raw('\r\n\r\n');
    await eventually(() => idle.lineEnds === 1);
    slow.raw('INVITE sip:');
    await eventually(() => slow.isCutOff);
    idle.raw('\r\n');
    idle.raw('\r\n');
    await eventually(() => idle.lineEnds === 2);
    await idle.close();
    await slow.close();
  });

  it('one source holds four connections and three open requests', async () => {
    const phones: Phone[] = [];
    for (let index = 0; index < 4; index += 1) phones.push(await Phone.open('alice', edge.address('tcp')));
    const fifth = await Phone.open('fifth', edge.address('tcp'));
    await eventually(() => fifth.isCutOff);
    const [first] = phones;
    for (let index = 0; index < 4; index += 1) first?.request('INVITE', { body: sdp(5000) });
    const refused = await first?.nextResponse(503);
    assert.ok(refused !== undefined && Number(header(refused, 'retry-after')) > 0);
    await Promise.all([...phones, fifth].map((phone) => phone.close()));
    await edge.idle(200 * t1Ms + 2_000);
  });

  it('nothing becomes a token of the control protocol that could break it', async () => {
    const phone = await Phone.open('alice', edge.address('udp'));
    phone.request('OPTIONS', { callId: 'a|b' });
    await phone.nextResponse(400);
    phone.request('OPTIONS', { from: '<sip:a@b>;tag=x|sip|y' });
    await phone.nextResponse(400);
    phone.raw(phone.requestText('OPTIONS').replace('Max-Forwards', 'X-Bad: a\rb\r\nMax-Forwards'));
    await phone.nextResponse(400);
    phone.request('OPTIONS');
    await phone.nextResponse(200);
    await phone.close();
  });

  it('a request has at most 100 header fields and no extension that nobody knows', async () => {
    const phone = await Phone.open('alice', edge.address('tcp'));
    const many = Array.from({ length: 100 }, (_, index) => [`X-Field-${index}`, 'x'] as const);
    phone.request('OPTIONS', { headers: [['Require', 'no-such-thing']] });
    assert.equal(header(await phone.nextResponse(420), 'unsupported'), 'no-such-thing');
    phone.request('FROBNICATE');
    assert.match(header(await phone.nextResponse(405), 'allow'), /INVITE/);
    phone.request('OPTIONS', { headers: many });
    await eventually(() => phone.isCutOff);
    await phone.close();
  });

  it('speaks IPv6', async () => {
    const phone = await Phone.open('six', edge.address('udp', 6));
    const invite = phone.request('INVITE', { uri: `sip:busy@${phone.edgeHost}`, body: sdp(5000) });
    phone.acknowledge(invite, await phone.nextResponse(486));
    const calling = app.createUAC(phone.contact, { localSdp: sdp(4000) });
    const refused = assert.rejects(calling, { status: 486 });
    const called = await phone.nextRequest('INVITE');
    assert.match(header(called, 'via'), /UDP \[::1\]:\d+/);
    phone.answer(called, 486);
    await refused;
    await phone.close();
  });

  it('an application that is gone leaves no call waiting', async () => {
    const other = await EdgeUnderTest.start({ listeners: [{ protocol: 'udp' }] });
    const gone = await other.application();
    gone.use('invite', (_, response) => response.send(180));
    const phone = await Phone.open('alice', other.address('udp'));
    // The edge answers 503 until it has heard that somebody wants INVITEs.
    await eventually(async () => {
      phone.request('INVITE', { body: sdp(5000) });
      await phone.nextResponse(180, 'INVITE', 200);
    });
    other.disconnect(gone);
    await phone.nextResponse(503);
    await phone.close();
    await other.stop();
  });
});

describe('SIP edge: strict', () => {
  let edge: EdgeUnderTest;
  let app: SrfApplication;

  before(async () => {
    edge = await EdgeUnderTest.start({ strict: true });
    app = await edge.application();
    app.use('register', (request, response) =>
      response.send(200, { headers: { Contact: `${request.get('Contact')};expires=600` } }),
    );
    app.use('options', (request, response) => response.send(200, { headers: { 'X-Protocol': request.protocol } }));
  });
  after(() => edge.stop());

  it('takes no frame over 12,228 bytes, nor any after it', async function () {
    if (isRealServer) skipBecause(this, 'it would wedge the connection of the whole suite');
    const client = await controlClient(edge);
    client.ask(`1|authenticate|${testSecret}|`);
    client.ask(`2|sip||\r\nMESSAGE sip:a@127.0.0.1 SIP/2.0\r\nContent-Type: text/plain\r\n\r\n${'x'.repeat(12_228)}`);
    client.ask('3|ping');
    await eventually(() => client.heard().includes('|response|1|OK'));
    await app.request('sip:a@127.0.0.1:9', { method: 'OPTIONS' });
    assert.ok(!client.heard().includes('|response|3|'));
    assert.equal(client.socket.destroyed, false);
    client.socket.destroy();
  });

  it('drops REFER outside a dialog and answers 481 to BYE and UPDATE', async () => {
    const phone = await Phone.open('alice', edge.address('udp'));
    phone.request('REFER', { headers: [['Refer-To', '<sip:b@c>']] });
    phone.request('UPDATE');
    await phone.nextResponse(481, 'UPDATE');
    assert.equal(
      phone.count(() => true),
      0,
    );
    await phone.close();
  });

  it('shows WebSockets as tcp and refuses requests to itself', async () => {
    const browser = await Phone.open('browser', edge.address('ws'));
    browser.request('OPTIONS');
    assert.equal(header(await browser.nextResponse(200), 'x-protocol'), 'tcp');
    const { host, port } = edge.address('udp');
    await assert.rejects(app.request(`sip:a@${host}:${port}`, { method: 'OPTIONS' }), /can not send request to myself/);
    await browser.close();
  });
});
