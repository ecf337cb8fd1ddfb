import assert from 'node:assert/strict';
import { presenceEvents } from '#shared/protocol/presence.ts';
import { eventually } from '#test/support/eventually.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { type Fragment, fragment, type Session } from '#ucserver/gateway/index.ts';
import { type Client, GatewayFixture, type GatewayFixtureOptions } from './fixture.ts';

const padding = 'x'.repeat(2_000);

function state(userId: string, round: number): Fragment {
  return fragment('presence.changed', {
    ...presenceEvents['presence.changed'].fields.parse({ userId, version: [1, 's1', 1, round], level: 'team', state: 'busy' }),
    note: { text: padding },
  });
}

const message = (seq: number) =>
  fragment('chat.entry', {
    conversationId: 'c1' as never,
    seq,
    entryId: `e${seq}` as never,
    author: 'bob' as never,
    at: 0,
    kind: 'message',
    body: { text: padding },
  });

function onlySession(fixture: GatewayFixture): Session {
  const [session] = fixture.sessions.all();
  if (!session) throw new Error('there is no session');
  return session;
}

async function slowCount(fixture: GatewayFixture): Promise<number> {
  const line = (await fixture.registry.metrics()).split('\n').find((each) => each.startsWith('ucmesh_connections_slow '));
  return Number(line?.split(' ')[1]);
}

/** Pushes until the stream asks to wait, and on: a client that has stopped reading. */
async function makeSlow(fixture: GatewayFixture, client: Client): Promise<Session> {
  client.socket.pause();
  const session = onlySession(fixture);
  await eventually(
    async () => {
      for (let n = 0; n < 20; n++) session.push(state('filler', 0));
      return (await slowCount(fixture)) === 1;
    },
    { everyMs: 1, withinMs: 5_000, what: 'the client is counted as slow' },
  );
  return session;
}

async function startWithSlowClient(options: GatewayFixtureOptions = {}) {
  const fixture = await GatewayFixture.start(options);
  try {
    const client = await fixture.signedIn('alice');
    return { fixture, client, session: await makeSlow(fixture, client) };
  } catch (error) {
    await fixture[Symbol.asyncDispose]();
    throw error;
  }
}

describe('gateway: clients that do not read', () => {
  it('get the newest of each state, everything that is no state, and are well again', async () => {
    const { fixture, client, session } = await startWithSlowClient();
    await using _ = fixture;
    for (let round = 1; round <= 1_000; round++) {
      session.push(state('bob', round), 'presence:bob');
      if (round % 100 === 0) session.push(message(round / 100));
      if (round === 500) session.push(state('carol', 1), 'presence:carol');
    }
    client.socket.resume();
    await eventually(() => client.events.some(({ event, seq }) => event === 'chat.entry' && seq === 10));
    const bobs = client.events.filter(({ userId }) => userId === 'bob');
    assert.deepEqual(
      bobs.map(({ version }) => version[3]),
      [1_000],
    );
    assert.equal(client.events.filter(({ userId }) => userId === 'carol').length, 1);
    const messages = client.events.filter(({ event }) => event === 'chat.entry').map(({ seq }) => seq);
    assert.deepEqual(messages, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal(await slowCount(fixture), 0);
    assert.ok((await client.request('session.ping', {})).result);
  });

  it('get their answers too', async () => {
    const { fixture, client } = await startWithSlowClient();
    await using _ = fixture;
    client.socket.send('{"id":800,"method":"session.ping"}');
    client.socket.resume();
    assert.ok((await client.answer(800)).result);
  });

  it('are closed with a code that says to come back later when too much waits', async () => {
    const { fixture, client, session } = await startWithSlowClient({ config: { slowBytes: 150_000 } });
    await using _ = fixture;
    for (let seq = 1; seq <= 100; seq++) session.push(message(seq));
    assert.equal(fixture.gateway.connectionCount, 0);
    client.socket.resume();
    assert.deepEqual(await client.closing(), { code: 4413, reason: 'tooSlow' });
  });

  it('are closed when they read nothing for too long', async () => {
    const clock = new ManualClock();
    const { fixture, client } = await startWithSlowClient({ clock, config: { slowForMs: 5_000 } });
    await using _ = fixture;
    clock.advance(4_000);
    assert.equal(fixture.gateway.connectionCount, 1);
    clock.advance(2_000);
    assert.equal(fixture.gateway.connectionCount, 0);
    client.socket.resume();
    assert.equal((await client.closing()).code, 4413);
  });

  it('do not slow down others', async () => {
    const { fixture } = await startWithSlowClient();
    await using _ = fixture;
    const bob = await fixture.signedIn('bob');
    for (const session of fixture.sessions.ofUser('bob' as never)) session.push(message(1));
    await eventually(() => bob.events.length === 1, { withinMs: 250 });
  });
});
