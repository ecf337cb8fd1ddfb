import assert from 'node:assert/strict';
import { type ErrorCode, UCError } from '#shared/protocol/errors.ts';
import type { SignedOut } from '#ucserver/auth/authenticator.ts';
import { SharedGround, startServer, TestDevice, type TestServer } from './fixture.ts';

const code = (expected: ErrorCode) => (error: unknown) => error instanceof UCError && error.code === expected;

describe('auth: authenticator', () => {
  let ground: SharedGround;
  let one: TestServer;
  let two: TestServer;
  let device: TestDevice;

  beforeEach(async () => {
    ground = new SharedGround();
    ground.setUser('alice');
    one = await startServer(ground);
    two = await startServer(ground);
    device = new TestDevice();
  });

  afterEach(async () => {
    await one.stop();
    await two.stop();
    assert.equal(ground.clock.pendingTimers, 0, 'no timer is left');
  });

  it('gives tokens that every server of the mesh accepts, and no other mesh does', async () => {
    const { accessToken, accessEndsAt, userId } = await device.signIn(one, ' ALICE ', 'alice');
    assert.equal(userId, 'alice');
    assert.equal(accessEndsAt, ground.clock.wallMs() + 600_000);
    const { deviceId, endsAt } = await two.authenticator.authenticate(accessToken);
    assert.deepEqual([deviceId, endsAt], ['device-1', accessEndsAt]);
    const stranger = await startServer(ground, 'a password of the mesh', 'other');
    await assert.rejects(stranger.authenticator.authenticate(accessToken), code('TOKEN_INVALID'));
    await stranger.stop();
  });

  it('tells nobody whether a name exists or an account is locked', async () => {
    ground.setUser('locked', { locked: true });
    for (const [name, password] of [
      ['alice', 'wrong'],
      ['nobody', 'nobody'],
      ['locked', 'locked'],
    ] as const) {
      await assert.rejects(device.signIn(one, name, password), (error: unknown) => {
        assert.ok(error instanceof UCError);
        assert.deepEqual(error.toWire(), new UCError('SIGN_IN_FAILED').toWire());
        return true;
      });
    }
    for (let round = 0; round < 4; round++) await assert.rejects(device.signIn(one, 'nobody', 'x'), code('SIGN_IN_FAILED'));
    await assert.rejects(device.signIn(one, 'nobody', 'x'), code('RATE_LIMITED'));
  });

  it('refuses a key that is none', async () => {
    const body = { signIn: 'alice', password: 'alice', device: device.about, key: { ...device.key, x: 'AAAA' } };
    await assert.rejects(
      one.authenticator.signIn(body as never, '192.0.2.1'),
      (error: unknown) => error instanceof UCError && error.field === 'key',
    );
  });

  it('ends access tokens after ten minutes and refreshes on any server', async () => {
    const tokens = await device.signIn(one, 'alice');
    ground.clock.advance(11 * 60_000);
    await assert.rejects(two.authenticator.authenticate(tokens.accessToken), code('TOKEN_INVALID'));
    const fresh = await device.refresh(two, tokens.refreshToken, one.authenticator.nonce());
    assert.equal((await one.authenticator.authenticate(fresh.accessToken)).userId, 'alice');
  });

  it('takes a nonce once, for a minute, and only its own', async () => {
    const { refreshToken } = await device.signIn(one, 'alice');
    const nonce = one.authenticator.nonce();
    await device.refresh(one, refreshToken, nonce);
    await assert.rejects(device.refresh(one, refreshToken, nonce), code('TOKEN_INVALID'));
    await assert.rejects(device.refresh(one, refreshToken, `${nonce}=`), code('TOKEN_INVALID'));
    const old = one.authenticator.nonce();
    ground.clock.advance(61_000);
    await assert.rejects(device.refresh(one, refreshToken, old), code('TOKEN_INVALID'));
    for (const forged of ['x', '', `${Date.now().toString(36)}.AAAA.AAAA`]) {
      await assert.rejects(device.refresh(one, refreshToken, forged), code('TOKEN_INVALID'));
    }
  });

  it('wants the proof of the device: a stolen refresh token is worth nothing', async () => {
    const tokens = await device.signIn(one, 'alice');
    const thief = new TestDevice();
    await assert.rejects(thief.refresh(one, tokens.refreshToken), code('TOKEN_INVALID'));
    await assert.rejects(device.refresh(one, tokens.accessToken), code('TOKEN_INVALID'), 'an access token is no refresh token');
    await assert.rejects(one.authenticator.authenticate(tokens.refreshToken), code('TOKEN_INVALID'), 'and the other way round');
  });

  it('refuses what was changed, is unsigned or is no token', async () => {
    const { accessToken } = await device.signIn(one, 'alice');
    const [header = '', payload = '', signature = ''] = accessToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    for (const token of [`${header}.${changed}.${signature}`, `${none}.${payload}.`, 'a.b.c', '', 'x'.repeat(4_000)]) {
      await assert.rejects(one.authenticator.authenticate(token), code('TOKEN_INVALID'));
    }
  });

  it('signs a device out on all servers at once, and lets it in again with the password', async () => {
    const tokens = await device.signIn(one, 'alice');
    const other = await new TestDevice('device-2').signIn(one, 'alice');
    const heard: SignedOut[] = [];
    two.authenticator.onSignedOut((signedOut) => heard.push(signedOut));
    ground.clock.advance(10);
    await one.authenticator.signOut(tokens.userId, [device.id]);
    for (const server of [one, two]) {
      await assert.rejects(server.authenticator.authenticate(tokens.accessToken), code('TOKEN_INVALID'));
      await assert.rejects(device.refresh(server, tokens.refreshToken), code('TOKEN_INVALID'));
      assert.ok(await server.authenticator.authenticate(other.accessToken));
    }
    const [signedOut] = heard;
    assert.equal(heard.length, 1, 'once, although SQL says it too');
    assert.equal(signedOut?.includes(device.id, ground.clock.wallMs() - 10), true);
    ground.clock.advance(10);
    const again = await device.signIn(two, 'alice');
    assert.ok(await one.authenticator.authenticate(again.accessToken));
    assert.equal(signedOut?.includes(device.id, ground.clock.wallMs()), false, 'the new session stays');
  });

  it('signs out also what was refreshed by a server that had not heard of it yet', async () => {
    const tokens = await device.signIn(one, 'alice');
    const signedInAtMs = ground.clock.wallMs();
    ground.clock.advance(60_000);
    const refreshed = await device.refresh(two, tokens.refreshToken);
    const { signedInAt, issuedAt } = await two.authenticator.authenticate(refreshed.accessToken);
    assert.deepEqual([signedInAt, issuedAt], [signedInAtMs, signedInAtMs + 60_000]);
    ground.clock.jumpWall(-30_000);
    await one.authenticator.signOut(tokens.userId, [device.id]);
    ground.clock.jumpWall(30_000);
    await assert.rejects(two.authenticator.authenticate(refreshed.accessToken), code('TOKEN_INVALID'));
    await assert.rejects(device.refresh(two, refreshed.refreshToken), code('TOKEN_INVALID'));
  });

  it('lets a server that starts later know of revocations, also of one made while SQL was away', async () => {
    const tokens = await device.signIn(one, 'alice');
    ground.away = true;
    await one.authenticator.signOut(tokens.userId, null);
    await assert.rejects(two.authenticator.authenticate(tokens.accessToken), code('TOKEN_INVALID'));
    assert.equal(ground.revocations.size, 0);
    ground.away = false;
    await ground.clock.pass(2_000);
    const three = await startServer(ground);
    await assert.rejects(three.authenticator.authenticate(tokens.accessToken), code('TOKEN_INVALID'));
    await three.stop();
  });

  it('voids all tokens of a user who was locked, removed, or given a new password by somebody else', async () => {
    const heard: string[] = [];
    one.authenticator.onSignedOut(({ userId, reason }) => heard.push(`${userId} ${reason}`));
    const { accessToken, refreshToken } = await device.signIn(one, 'alice');
    ground.setUser('alice', { tokenGeneration: 2 });
    await assert.rejects(two.authenticator.authenticate(accessToken), code('TOKEN_INVALID'));
    await assert.rejects(device.refresh(one, refreshToken), code('TOKEN_INVALID'));
    const fresh = await device.signIn(one, 'alice');
    ground.setUser('alice', { locked: true });
    await assert.rejects(two.authenticator.authenticate(fresh.accessToken), code('TOKEN_INVALID'));
    ground.users.delete('alice');
    for (const listener of ground.usersChanged) listener(['alice' as never]);
    await assert.rejects(two.authenticator.authenticate(fresh.accessToken), code('TOKEN_INVALID'));
    assert.deepEqual(heard, ['alice signedOut', 'alice locked', 'alice locked']);
  });

  it('writes devices down soon, signing in not waiting for it', async () => {
    const { refreshToken } = await device.signIn(one, 'alice');
    await device.refresh(one, refreshToken);
    assert.equal(ground.written.length, 0);
    await ground.clock.pass(1_000);
    assert.equal(ground.written.length, 1, 'what belongs together is written together');
    assert.equal(ground.written[0]?.signedIn?.name, 'Firefox');
  });
});

describe('auth: signing keys', () => {
  const day = 86_400_000;

  it('are made once by several servers that start at the same time', async () => {
    const ground = new SharedGround();
    const servers = await Promise.all([startServer(ground), startServer(ground), startServer(ground)]);
    assert.equal(ground.keys.size, 1);
    assert.equal(new Set(servers.map(({ keys }) => keys.current().id)).size, 1);
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('change every thirty days without anybody being signed out', async () => {
    const ground = new SharedGround();
    ground.setUser('alice');
    const server = await startServer(ground);
    const device = new TestDevice();
    let tokens = await device.signIn(server, 'alice');
    const first = server.keys.current().id;
    for (let days = 0; days < 29; days++) await ground.clock.pass(day);
    await ground.clock.pass(day / 2);
    assert.equal(ground.keys.size, 2, 'the next one is there before it is needed');
    assert.equal(server.keys.current().id, first);
    tokens = await device.refresh(server, tokens.refreshToken);
    await ground.clock.pass(day);
    assert.notEqual(server.keys.current().id, first);
    tokens = await device.refresh(server, tokens.refreshToken);
    for (let days = 0; days < 29; days++) await ground.clock.pass(day);
    assert.ok(await device.refresh(server, tokens.refreshToken));
    await server.stop();
  });

  it('go on when SQL is away at the change, and are made anew when they cannot be opened', async () => {
    const ground = new SharedGround();
    ground.setUser('alice');
    const server = await startServer(ground);
    ground.away = true;
    ground.clock.jumpWall(31 * day);
    assert.ok(await new TestDevice().signIn(server, 'alice'));
    await server.stop();
    ground.away = false;
    const other = await startServer(ground, 'a new password of the mesh');
    assert.ok(await new TestDevice().signIn(other, 'alice'));
    await other.stop();
  });

  it('are needed: without SQL and without a snapshot nobody can sign in', async () => {
    const ground = new SharedGround();
    ground.setUser('alice');
    ground.away = true;
    const server = await startServer(ground);
    ground.keys.clear();
    await assert.rejects(new TestDevice().signIn(await startServer(ground), 'alice'), code('STORAGE_UNAVAILABLE'));
    await server.stop();
  });
});
