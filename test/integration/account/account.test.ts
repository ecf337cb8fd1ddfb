import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { eventually } from '#test/support/eventually.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { TestDevice } from '#test/unit/auth/fixture.ts';
import { pictureRoutes } from '#ucserver/account/index.ts';
import { HttpFixture } from '../http/fixture.ts';
import { AccountFixture } from './fixture.ts';

const act = (actId: string) => ({ actId: actId as never });
const invalid = (error: unknown) => error instanceof UCError && error.code === 'TOKEN_INVALID';

describe('account', function () {
  // Passwords are hashed for real, and machines that run tests are busy.
  this.timeout(60_000);

  let folder: TempFolder;
  let one: AccountFixture;
  let alice: UserId;
  const laptop = new TestDevice('laptop');
  const phone = new TestDevice('phone');

  before(async () => {
    folder = new TempFolder('account');
    one = await AccountFixture.start(folder);
    alice = await one.user('alice', 'the first password');
  });

  after(async () => {
    await one[Symbol.asyncDispose]();
    folder.remove();
  });

  it('changes language and time zone, and tells all own sessions', async () => {
    const here = one.open(alice, laptop.id);
    const there = one.open(alice, phone.id);
    const changed = await here.call('account.update', { ...act('a1'), language: 'de', timeZone: 'Europe/Berlin' });
    assert.deepEqual([changed.language, changed.timeZone, changed.signIn], ['de', 'Europe/Berlin', 'alice']);
    assert.deepEqual(await there.call('account.get', {}), changed);
    await eventually(() => there.events.length === 1);
    assert.deepEqual(there.events, [{ event: 'account.changed', ...changed }]);
    assert.equal((await here.call('account.update', { ...act('a2'), language: null })).language, null);
    here.session.end('replaced');
    there.session.end('replaced');
  });

  it('shows devices and signs them out, here and on a server that reads it from SQL', async () => {
    const tokens = await laptop.signIn(one.auth, 'alice', 'the first password');
    const stolen = await phone.signIn(one.auth, 'alice', 'the first password');
    const here = one.open(alice, laptop.id);
    const there = one.open(alice, phone.id);
    await eventually(async () => (await here.call('account.devices', {})).devices.length === 2);
    await using two = await AccountFixture.start(folder, 'two');
    await eventually(async () => (await two.auth.authenticator.authenticate(stolen.accessToken)).deviceId === 'phone');
    const { devices } = await here.call('account.devices', {});
    assert.deepEqual(devices.map(({ deviceId, current, serverId }) => [deviceId, current, serverId]).sort(), [
      ['laptop', true, 'one'],
      ['phone', false, 'one'],
    ]);
    await assert.rejects(here.call('account.signOut', { ...act('a3'), deviceId: 'tablet' as never }), { code: 'NOT_FOUND' });
    assert.deepEqual(await here.call('account.signOut', { ...act('a4'), deviceId: phone.id }), { signedOut: 1 });
    assert.deepEqual(there.events, [{ event: 'session.ended', reason: 'signedOut' }]);
    assert.equal(there.closed, 'signedOut');
    assert.equal(here.closed, undefined);
    await eventually(() => assert.rejects(two.auth.authenticator.authenticate(stolen.accessToken), invalid), { withinMs: 5_000 });
    await assert.rejects(phone.refresh(two.auth, stolen.refreshToken), invalid);
    assert.ok(await laptop.refresh(two.auth, tokens.refreshToken));
    await eventually(async () => (await here.call('account.devices', {})).devices.length === 1, { withinMs: 5_000 });
    here.session.end('replaced');
  });

  it('answers a device that signs itself out before its session ends, also when the answer takes its time', async () => {
    await phone.signIn(one.auth, 'alice', 'the first password');
    const there = one.open(alice, phone.id);
    const order: string[] = [];
    one.sessions.onClosed(({ device }) => order.push(`${device.id} ended`));
    const answer = there.call('account.signOut', { ...act('a4b'), deviceId: phone.id }).then((result) => {
      order.push('answered');
      return result;
    });
    assert.deepEqual(await answer, { signedOut: 1 });
    await eventually(() => there.closed === 'signedOut');
    assert.deepEqual(order, ['answered', `${phone.id} ended`]);
    assert.deepEqual(there.events, [{ event: 'session.ended', reason: 'signedOut' }]);
  });

  it('changes the password, which signs all other devices out and lets this one stay', async () => {
    const kept = await laptop.signIn(one.auth, 'alice', 'the first password');
    const lost = await phone.signIn(one.auth, 'alice', 'the first password');
    const here = one.open(alice, laptop.id);
    const there = one.open(alice, phone.id);
    const wrong = here.call('account.changePassword', { ...act('a5'), current: 'a wrong password', next: 'the second password' });
    await assert.rejects(wrong, { code: 'BAD_REQUEST', field: 'params.current' });
    await here.call('account.changePassword', { ...act('a6'), current: 'the first password', next: 'the second password' });
    assert.equal(there.closed, 'signedOut');
    assert.equal(here.closed, undefined);
    assert.ok(await laptop.refresh(one.auth, kept.refreshToken));
    await assert.rejects(phone.refresh(one.auth, lost.refreshToken), invalid);
    await assert.rejects(phone.signIn(one.auth, 'alice', 'the first password'), { code: 'SIGN_IN_FAILED' });
    assert.ok(await phone.signIn(one.auth, 'alice', 'the second password'));
    here.session.end('replaced');
  });

  it('signs people in and out while another process holds the database locked, and makes up for it afterwards', async () => {
    const dave = await one.user('dave', 'the password of dave');
    const locker = new DatabaseSync(folder.file('shared.db'));
    locker.exec('BEGIN IMMEDIATE');
    try {
      const tokens = await laptop.signIn(one.auth, 'dave', 'the password of dave');
      const lost = await phone.signIn(one.auth, 'dave', 'the password of dave');
      const here = one.open(dave, laptop.id);
      one.open(dave, phone.id);
      assert.equal((await here.call('account.devices', {})).devices.length, 2, 'those with a session are known');
      await here.call('account.signOut', { ...act('a7'), deviceId: phone.id });
      await assert.rejects(one.auth.authenticator.authenticate(lost.accessToken), invalid);
      assert.ok(await one.auth.authenticator.authenticate(tokens.accessToken));
      await assert.rejects(here.call('account.update', { ...act('a8'), language: 'en' }), { code: 'STORAGE_UNAVAILABLE' });
      here.session.end('replaced');
    } finally {
      locker.exec('ROLLBACK');
      locker.close();
    }
    const { database } = one.storage;
    const stored = () => database.read(database.queries.db.selectFrom('devices').select('id').where('user_id', '=', dave));
    await eventually(async () => (await stored()).length === 2, { withinMs: 10_000, what: 'the devices are written down' });
    const revocations = () =>
      database.read(database.queries.db.selectFrom('revocations').select('id').where('user_id', '=', dave));
    await eventually(async () => (await revocations()).length === 1, { withinMs: 10_000, what: 'the revocation is stored' });
    const again = one.open(dave, laptop.id);
    const left = async () => (await again.call('account.devices', {})).devices.map(({ deviceId }) => deviceId);
    await eventually(async () => (await left()).join() === laptop.id, { withinMs: 10_000, what: 'the list is right' });
  });

  it('signs everything out when an administrator locks the account', async () => {
    const bob = await one.user('bob', 'the password of bob');
    const session = one.open(bob, phone.id);
    await one.directory.lockUser(bob, true, { actor: 'system' });
    assert.deepEqual(session.events.at(-1), { event: 'session.ended', reason: 'locked' });
    await assert.rejects(phone.signIn(one.auth, 'bob', 'the password of bob'), { code: 'SIGN_IN_FAILED' });
  });

  it('keeps pictures: own ones are set and removed, signed-in people see them, strangers and blocked people do not', async () => {
    const carol = await one.user('carol', 'the password of carol');
    const { accessToken } = await laptop.signIn(one.auth, 'carol', 'the password of carol');
    const { authenticator } = one.auth;
    const blocked = new Set<UserId>();
    const routes = () => [
      pictureRoutes({ directory: one.directory, authenticator, seesPicture: (presentity) => !blocked.has(presentity) }),
    ];
    await using web = await HttpFixture.start({ authenticator, routes });
    const authorization = `Bearer ${accessToken}`;
    const put = (body: Uint8Array<ArrayBuffer>, headers = {}) =>
      web.fetch('/api/account/picture', { method: 'PUT', body, headers: { authorization, ...headers } });
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);

    assert.equal((await put(png, { authorization: '' })).status, 401);
    assert.equal((await put(new TextEncoder().encode('<svg onload="alert(1)"/>'), { 'content-type': 'image/png' })).status, 400);
    assert.equal((await put(new Uint8Array(300_000))).status, 413);
    const { pictureVersion } = (await (await put(png)).json()) as { pictureVersion: number };
    const address = `/api/pictures/${carol}?v=${pictureVersion}`;
    const seen = await web.fetch(address, { headers: { authorization } });
    assert.equal(seen.headers.get('content-type'), 'image/png');
    assert.match(seen.headers.get('cache-control') ?? '', /^private, .*immutable$/);
    assert.deepEqual(new Uint8Array(await seen.arrayBuffer()), png);
    const other = await web.fetch(`/api/pictures/${carol}?v=99`, { headers: { authorization } });
    assert.equal(other.headers.get('cache-control'), 'private, no-cache');
    await other.arrayBuffer();
    assert.equal((await web.fetch(address)).status, 401);
    blocked.add(carol);
    assert.equal((await web.fetch(address, { headers: { authorization } })).status, 404);
    blocked.clear();
    assert.equal((await web.fetch('/api/account/picture', { method: 'DELETE', headers: { authorization } })).status, 200);
    assert.equal((await web.fetch(address, { headers: { authorization } })).status, 404);
  });
});
