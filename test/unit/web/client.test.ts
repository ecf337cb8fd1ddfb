import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import { closeCodes } from '#shared/protocol/close-codes.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import { eventually } from '#test/support/eventually.ts';
import { Client, type ClientClock, connect, MemoryCredentialStore, platformClock } from '#web/api/index.ts';
import { ScriptedServer } from './support/scripted-server.ts';

describe('web/api: the client and its session', () => {
  let one: ScriptedServer;
  let two: ScriptedServer;
  const clients: Client[] = [];

  beforeEach(async () => {
    one = await ScriptedServer.start('uc1');
    two = await ScriptedServer.start('uc2');
    one.company = two.company = [one, two];
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await Promise.all([one.stop(), two.stop()]);
  });

  async function signedIn(store = new MemoryCredentialStore(), clock = platformClock): Promise<Client> {
    const client = await connect({ servers: [one.url], signIn: 'anna', password: 'correct horse', store, clock });
    clients.push(client);
    return client;
  }

  const openOn = (client: Client, server: ScriptedServer) =>
    eventually(() => client.state.phase === 'open' && client.state.welcome.serverId === server.id, {
      what: `open on ${server.id}`,
    });

  it('signs in with a password and answers typed calls', async () => {
    const client = await signedIn();
    one.script.answer = ({ method }) =>
      method === 'directory.search' ? { people: [{ userId: 'ben', name: 'Ben' }] } : 'plainly';
    const { people } = await client.call('directory.search', { query: 'be' });
    assert.equal(people[0]?.name, 'Ben');
    const [signIn] = one.bodies.filter(({ path }) => path === httpPaths.signIn);
    assert.deepEqual(Object.keys(signIn?.body.key as object), ['kty', 'crv', 'x', 'y']);
  });

  it('says so when the password is wrong', async () => {
    one.script.tokens = () => {
      throw new UCError('SIGN_IN_FAILED');
    };
    await assert.rejects(signedIn(), { code: 'SIGN_IN_FAILED' });
    assert.equal(two.bodies.length, 0, 'no other server is asked');
  });

  it('signs in on another server when the first is dead', async () => {
    await one.stop();
    const client = await connect({ servers: [one.url, two.url], signIn: 'anna', password: 'correct horse' });
    clients.push(client);
    await openOn(client, two);
    await one.listen();
  });

  it('learns all servers before the first sign-in, so that one is found when the only known one dies', async () => {
    const client = new Client({ servers: [one.url] });
    clients.push(client);
    assert.equal(await client.resume(), undefined);
    await eventually(() => client.servers.length === 2);
    await one.stop();
    assert.equal((await client.signIn('anna', 'correct horse')).serverId, 'uc2');
    await one.listen();
  });

  it('goes to another server when its own dies, and names it as unreachable once it knows it', async () => {
    const client = await signedIn();
    await one.stop();
    await openOn(client, two);
    assert.deepEqual(two.askedFor('session.open')[0]?.params.unreachable, ['uc1']);
    await one.listen();
  });

  it('comes back for ever: both servers away, then one again', async () => {
    const client = await signedIn();
    await Promise.all([one.stop(), two.stop()]);
    await eventually(() => client.state.phase === 'connecting');
    await two.listen();
    await eventually(() => client.state.phase === 'open', { withinMs: 5_000 });
    await one.listen();
  });

  it('sends an unanswered act again with the same id, on the other server', async () => {
    const client = await signedIn();
    one.script.answer = ({ method }, peer) => {
      if (method !== 'presence.set') return 'plainly';
      peer.terminate();
      return undefined;
    };
    two.script.answer = ({ method }) => (method === 'presence.set' ? { version: [1, 'uc2', 1, 1] } : 'plainly');
    const answer = client.call('presence.set', { state: 'busy' });
    await eventually(() => one.askedFor('presence.set').length > 0);
    await one.stop();
    await answer;
    const sent = [...one.askedFor('presence.set'), ...two.askedFor('presence.set')].map(({ params }) => params.actId);
    assert.ok(sent.length >= 2);
    assert.equal(new Set(sent).size, 1);
    await one.listen();
  });

  it('repeats what the server says may be repeated, and gives other errors to the caller', async () => {
    const client = await signedIn();
    let asked = 0;
    one.script.answer = ({ method }) => {
      if (method !== 'account.get') return 'plainly';
      asked += 1;
      if (asked === 1) throw new UCError('RATE_LIMITED', 'Slow down', { retryAfterMs: 5 });
      if (asked === 2) return { name: 'Anna' };
      throw new UCError('STORAGE_UNAVAILABLE');
    };
    assert.equal((await client.call('account.get', {})).name, 'Anna');
    await assert.rejects(client.call('account.get', {}), { code: 'STORAGE_UNAVAILABLE' });
    assert.equal(asked, 3);
  });

  it('answers OUTCOME_UNKNOWN when no answer comes in time', async () => {
    const client = await signedIn();
    one.script.answer = ({ method }) => (method === 'account.get' ? undefined : 'plainly');
    await assert.rejects(client.call('account.get', {}, { timeoutMs: 50 }), { code: 'OUTCOME_UNKNOWN' });
  });

  it('follows a redirect with its ticket, and goes back with `unreachable` when nobody is there', async () => {
    const client = await signedIn();
    one.script.answer = ({ method, params }) => {
      if (method !== 'session.open' || (params.unreachable as string[]).includes('uc2')) return 'plainly';
      return { status: 'redirect', serverId: 'uc2', url: two.url, ticket: 'a-ticket' };
    };
    one.peer.terminate();
    await openOn(client, two);
    assert.equal(two.askedFor('session.open').at(-1)?.params.ticket, 'a-ticket');
    await two.stop();
    await openOn(client, one);
    await two.listen();
  });

  it('moves when its server says so', async () => {
    const client = await signedIn();
    one.peer.push({ event: 'session.redirect', serverId: 'uc2', url: two.url, ticket: 'home', reason: 'goingHome' });
    await openOn(client, two);
    assert.equal(two.askedFor('session.open').at(-1)?.params.ticket, 'home');
  });

  it('waits as long as all servers say they are busy', async () => {
    const client = await signedIn();
    const busyOnce = () => {
      let times = 0;
      return ({ method }: { method: string }) =>
        method === 'session.open' && times++ === 0 ? { status: 'busy', retryAfterMs: 10 } : 'plainly';
    };
    one.script.answer = busyOnce();
    two.script.answer = busyOnce();
    one.peer.close(closeCodes.goingAway.code);
    await eventually(() => one.askedFor('session.open').length + two.askedFor('session.open').length >= 4);
    await eventually(() => client.state.phase === 'open');
  });

  it('says why a server has no session to give, and takes the first that it gives', async () => {
    const client = await signedIn();
    let full = true;
    one.script.answer = two.script.answer = ({ method }) => {
      if (full && method === 'session.open') throw new UCError('LICENCE_EXHAUSTED', undefined, { retryAfterMs: 10 });
      return 'plainly';
    };
    one.peer.close(closeCodes.goingAway.code);
    await eventually(() => client.state.phase === 'connecting' && client.state.because?.code === 'LICENCE_EXHAUSTED');
    full = false;
    await eventually(() => client.state.phase === 'open');
  });

  it('refreshes an ended token with a proof of its key and needs no password', async () => {
    const client = await signedIn();
    one.peer.close(closeCodes.notSignedIn.code);
    await eventually(() => one.bodies.some(({ path }) => path === httpPaths.refresh));
    await eventually(() => client.state.phase === 'open');
    const key = one.bodies.find(({ path }) => path === httpPaths.signIn)?.body.key as webcrypto.JsonWebKey;
    const { nonce, signature } = (one.bodies.find(({ path }) => path === httpPaths.refresh)?.body ?? {}) as Record<
      string,
      string
    >;
    const publicKey = await crypto.subtle.importKey('jwk', key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
    const proof = Buffer.from(signature ?? '', 'base64url');
    assert.ok(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, publicKey, proof, Buffer.from(nonce ?? '')));
  });

  it('asks for a password when the refresh token is not taken any more', async () => {
    const store = new MemoryCredentialStore();
    const client = await signedIn(store);
    one.script.tokens = two.script.tokens = () => {
      throw new UCError('TOKEN_INVALID');
    };
    one.peer.close(closeCodes.notSignedIn.code);
    await eventually(() => client.state.phase === 'signedOut');
    await eventually(async () => (await store.get('credentials')) === undefined);
    await assert.rejects(client.call('account.get', {}), { code: 'NOT_SIGNED_IN' });
  });

  it('renews the session before its token ends', async () => {
    one.tokenLifeMs = 12_000;
    const client = await signedIn(undefined, hurried);
    one.script.answer = ({ method }) => (method === 'session.renew' ? { tokenEndsAt: Date.now() + 600_000 } : 'plainly');
    await eventually(() => one.askedFor('session.renew').length === 1, { withinMs: 3_000 });
    assert.equal(client.state.phase, 'open');
  });

  it('stops when the same session was opened elsewhere, and when this device was signed out', async () => {
    const first = await signedIn();
    one.peer.push({ event: 'session.ended', reason: 'replaced' });
    await eventually(() => first.state.phase === 'stopped');
    const second = await signedIn();
    one.peer.close(closeCodes.signedOut.code);
    await eventually(() => second.state.phase === 'signedOut');
    assert.equal(await second.resume(), undefined);
  });

  it('goes on with stored credentials, on the servers it learned', async () => {
    const store = new MemoryCredentialStore();
    const first = await signedIn(store);
    await eventually(async () => (await store.get('servers'))?.length === 2);
    await first.close();
    await one.stop();
    const again = new Client({ servers: [one.url], store });
    clients.push(again);
    assert.equal((await again.resume())?.serverId, 'uc2');
    await one.listen();
  });

  it('takes a connection for dead on which nothing is heard after a ping', async () => {
    const client = await signedIn(undefined, hurried);
    one.script.answer = ({ method }) => (method === 'session.open' ? { status: 'busy', retryAfterMs: 60_000 } : 'plainly');
    one.peer.hang();
    await openOn(client, two);
  });
});

/** Timers run ten times as fast. */
const hurried: ClientClock = {
  ...platformClock,
  after: (delayMs, act) => platformClock.after(delayMs / 10, act),
  every: (periodMs, act) => platformClock.every(periodMs / 10, act),
};
