import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { fragment } from '#ucserver/gateway/index.ts';
import { GatewayFixture } from './fixture.ts';

const typing = (userId: string) => fragment('chat.typing', { conversationId: 'c1' as never, userId: userId as never });

describe('gateway: connection', () => {
  it('welcomes a client, joins the events of a turn into one message and leaves nothing behind', async () => {
    const handles = new HandleWatch();
    {
      await using fixture = await GatewayFixture.start();
      const alice = await fixture.signedIn('alice');
      const before = alice.messages.length;
      for (const session of fixture.sessions.ofUser('alice' as never)) {
        session.push(typing('bob'));
        session.push(typing('carol'));
      }
      await eventually(() => alice.events.length === 2);
      assert.equal(alice.messages.length, before + 1, 'one message for both events');
      assert.deepEqual(alice.events[1], { event: 'chat.typing', conversationId: 'c1', userId: 'carol' });
      assert.equal(fixture.gateway.connectionCount, 1);
    }
    await handles.check();
  });

  it('says the welcome before anything that is pushed while the session opens', async () => {
    await using fixture = await GatewayFixture.start();
    fixture.sessions.onOpened((session) => session.push(typing('bob')));
    const alice = await fixture.signedIn('alice');
    await eventually(() => alice.events.length === 1);
    assert.equal(alice.messages[0].result.status, 'welcome');
  });

  it('keeps answers and events in the order in which they were made', async () => {
    await using fixture = await GatewayFixture.start();
    fixture.dispatcher.register('chat.typing', (_params, { session }) => {
      session.push(typing('before'));
      setImmediate(() => session.push(typing('after')));
      return {};
    });
    const alice = await fixture.signedIn('alice');
    await alice.request('chat.typing', { conversationId: 'c1' });
    await eventually(() => alice.events.length === 2);
    const order = alice.messages.slice(1).map((message) => message.events?.[0].userId ?? 'answer');
    assert.deepEqual(order, ['before', 'answer', 'after']);
  });

  it('refuses what is not our protocol, and says why to pages by a close code', async () => {
    await using fixture = await GatewayFixture.start();
    const noSubprotocol = fixture.client({ protocols: ['other.v1'] });
    await eventually(() => noSubprotocol.failure?.message.includes('400') === true);
    const wrongPath = fixture.client({ path: '/elsewhere' });
    await eventually(() => wrongPath.failure?.message.includes('404') === true);
    const foreignPage = fixture.client({ origin: 'https://evil.example' });
    assert.equal((await foreignPage.closing()).code, 4403);
    const ownPage = await fixture.client({ origin: 'https://ours.example' }).connected();
    assert.equal((await ownPage.open('alice')).result.status, 'welcome');
    assert.equal(ownPage.socket.extensions, '', 'permessage-deflate is off');
  });

  it('does not accept more connections from one address than allowed, and no new ones while it shuts down', async () => {
    await using fixture = await GatewayFixture.start({ config: { connectionsPerAddress: 2 } });
    const headers = { 'x-test-address': '192.0.2.1' };
    const first = await fixture.client({ headers }).connected();
    await fixture.client({ headers }).connected();
    assert.equal((await fixture.client({ headers }).closing()).code, 4429);
    await fixture.client({ headers: { 'x-test-address': '192.0.2.2' } }).connected();
    // A whole /64 counts as one address.
    for (const host of ['1', '2']) {
      await fixture.client({ headers: { 'x-test-address': `2001:db8::${host}` } }).connected();
    }
    assert.equal((await fixture.client({ headers: { 'x-test-address': '2001:db8::3' } }).closing()).code, 4429);
    first.socket.close();
    await eventually(() => fixture.gateway.connectionCount === 4);
    const again = await fixture.client({ headers }).connected();
    assert.equal((await again.open('alice')).result.status, 'welcome');
    fixture.gateway.stopAccepting();
    const late = fixture.client();
    await eventually(() => late.failure?.message.includes('503') === true);
  });

  it('closes what cannot be a client', async () => {
    await using fixture = await GatewayFixture.start();
    for (const [message, code] of [
      ['{', 4400],
      ['[]', 4400],
      ['null', 4400],
      ['{"method":"session.ping"}', 4400],
      ['{"id":-1,"method":"session.ping"}', 4400],
      [Buffer.from([1, 2, 3]), 1003],
      ['x'.repeat(65_537), 1009],
    ] as const) {
      const client = await fixture.client().connected();
      client.socket.send(message);
      assert.equal((await client.closing()).code, code, String(message).slice(0, 40));
    }
  });

  it('survives broken frames', async () => {
    await using fixture = await GatewayFixture.start();
    const socket = createConnection(fixture.port, '127.0.0.1');
    const lines = ['GET /ws HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    socket.write(
      `${[...lines, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: ucmesh.v1'].join('\r\n')}\r\n\r\n`,
    );
    await eventually(() => fixture.gateway.connectionCount === 1);
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    socket.resume();
    await eventually(() => fixture.gateway.connectionCount === 0);
    socket.destroy();
    assert.ok(await fixture.signedIn('alice'));
  });

  it('answers an envelope that is wrong but has an id, naming the field', async () => {
    await using fixture = await GatewayFixture.start();
    const client = await fixture.client().connected();
    client.socket.send('{"id":901,"method":"session.ping","extra":true}');
    client.socket.send('{"id":902,"method":7}');
    assert.equal((await client.answer(901)).error.field, 'extra');
    assert.equal((await client.answer(902)).error.field, 'method');
    assert.equal((await client.request('session.ping')).error, undefined);
  });

  it('wants a session first, and only one', async () => {
    await using fixture = await GatewayFixture.start();
    const client = await fixture.client().connected();
    assert.equal((await client.request('account.get', {})).error.code, 'NOT_SIGNED_IN');
    assert.equal((await client.open('alice')).result.status, 'welcome');
    assert.equal((await client.open('alice')).error.code, 'BAD_REQUEST');
  });

  it('closes after a redirect, when full, and when the token is not valid', async () => {
    const { UCError } = await import('#shared/protocol/errors.ts');
    await using fixture = await GatewayFixture.start({
      opener: {
        open: async ({ token }) => {
          if (token === 'redirect') return { status: 'redirect', serverId: 's2' as never, url: 'http://s2.example', ticket: 't' };
          if (token === 'busy') return { status: 'busy', retryAfterMs: 5 };
          if (token === 'bug') throw new TypeError('no');
          throw new UCError('TOKEN_INVALID');
        },
      },
    });
    for (const [token, code, answer] of [
      ['redirect', 4404, 'redirect'],
      ['busy', 4503, 'busy'],
      ['forged', 4401, 'TOKEN_INVALID'],
    ] as const) {
      const client = fixture.client();
      const { result, error } = await client.open(token);
      assert.equal(result?.status ?? error.code, answer);
      assert.equal((await client.closing()).code, code);
    }
    const { error } = await fixture.client().open('bug');
    assert.equal(error.code, 'INTERNAL');
    assert.match(error.details.logId, /^test-/);
  });

  it('closes a connection that opens no session in time, and one that falls silent', async () => {
    const clock = new ManualClock();
    await using fixture = await GatewayFixture.start({ clock });
    const idle = await fixture.client().connected();
    const silent = await fixture.signedIn('alice');
    const pinging = await fixture.signedIn('bob');
    for (let second = 0; second < 10; second++) {
      await idle.request('session.ping', {});
      await pinging.request('session.ping', {});
      clock.advance(1_000);
    }
    assert.equal((await idle.closing()).code, 4401);
    assert.equal((await silent.closing()).code, 4408);
    assert.equal(pinging.closed, undefined);
  });

  it('takes a WebSocket ping as a sign of life', async () => {
    const clock = new ManualClock();
    await using fixture = await GatewayFixture.start({ clock });
    const client = await fixture.signedIn('alice');
    let pongs = 0;
    client.socket.on('pong', () => pongs++);
    for (let round = 1; round <= 4; round++) {
      client.socket.ping();
      await eventually(() => pongs === round);
      clock.advance(4_000);
    }
    assert.equal(client.closed, undefined);
  });

  it('lets bursts pass, slows down what is too fast and closes who does not stop', async () => {
    const clock = new ManualClock();
    await using fixture = await GatewayFixture.start({ clock, config: { messagesPerSecond: 10, messageBurst: 5 } });
    const client = await fixture.signedIn('alice');
    for (let n = 0; n < 4; n++) assert.ok((await client.request('session.ping', {})).result);
    const { error } = await client.request('session.ping', {});
    assert.equal(error.code, 'RATE_LIMITED');
    assert.equal(error.retryAfterMs, 100);
    clock.advance(1_000);
    assert.ok((await client.request('session.ping', {})).result);
    for (let n = 0; n < 20; n++) client.socket.send('{"id":900,"method":"session.ping"}');
    assert.equal((await client.closing()).code, 4429);
  });

  it('bounds how many requests may wait for their answers', async () => {
    await using fixture = await GatewayFixture.start({ config: { unansweredRequests: 2 } });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    fixture.dispatcher.register('chat.typing', async () => {
      await released;
      return {};
    });
    const client = await fixture.signedIn('alice');
    const params = { conversationId: 'c1' };
    const waiting = [client.request('chat.typing', params), client.request('chat.typing', params)];
    assert.equal((await client.request('chat.typing', params)).error.code, 'BUSY');
    release();
    assert.ok((await Promise.all(waiting)).every(({ result }) => result));
    assert.ok((await client.request('chat.typing', params)).result);
  });
});
