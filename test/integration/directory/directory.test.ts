import assert from 'node:assert/strict';
import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { Audit, replicaParts, type Storage, startStorage } from '#ucserver/database/index.ts';
import { Directory, directoryProcedures, fold, type NewUser } from '#ucserver/directory/index.ts';

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
const admin = { actor: 'admin' as UserId, from: '192.0.2.7' };
const ada: NewUser = {
  signIn: ' Ada@Firm.example ',
  displayName: 'Ada Lovelace',
  email: 'ada@firm.example',
  department: 'Research',
};

function refusal(code: UCError['code'], field?: string) {
  return (error: unknown) => error instanceof UCError && error.code === code && error.field === field;
}

describe('directory', () => {
  let folder: TempFolder;
  let running: Storage[];
  let storage: Storage;
  let directory: Directory;

  async function start(name: string): Promise<{ storage: Storage; directory: Directory }> {
    const started = await startStorage({
      config: { engine: 'sqlite', file: folder.file('shared.db'), readers: 1 },
      procedures: [directoryProcedures],
      parts: Object.values(replicaParts),
      dataFolder: folder.file(name),
      mesh: { id: 'test', password: 'a password of the mesh' },
      clock: systemClock,
      logger: silentLogger,
      announce: () => {},
    });
    running.push(started);
    return { storage: started, directory: new Directory({ ...started, clock: systemClock }) };
  }

  beforeEach(async () => {
    folder = new TempFolder('directory');
    running = [];
    ({ storage, directory } = await start('one'));
  });
  afterEach(async () => {
    for (const each of running) await each.stop();
    folder.remove();
  });

  it('finds a new person at once by id, by sign-in name however written, and by search', async () => {
    const user = await directory.createUser({ user: ada, passwordHash: 'secret verifier' }, admin);
    assert.equal(user.signIn, 'ada@firm.example');
    assert.equal(directory.byId(user.id)?.passwordHash, 'secret verifier');
    assert.equal(directory.bySignIn('ADA@firm.EXAMPLE')?.id, user.id);
    assert.deepEqual(
      directory.search('res ada', 5).map(({ id }) => id),
      [user.id],
    );
  });

  it('shows it to other servers, also the picture and the group', async () => {
    const other = await start('two');
    const user = await directory.createUser({ user: ada }, admin);
    const version = await directory.setPicture(user.id, png, { actor: user.id });
    const group = await directory.createGroup('Research', [user.id], admin);
    await eventually(() => other.directory.byId(user.id)?.pictureVersion === version, { withinMs: 3_000 });
    await eventually(() => other.directory.groups.groupsOf(user.id).has(group.id), { withinMs: 3_000 });
    assert.deepEqual(await other.directory.picture(user.id), { mediaType: 'image/png', bytes: png, version });
    await directory.removePicture(user.id, { actor: user.id });
    assert.equal(directory.byId(user.id)?.pictureVersion, 0);
    assert.equal(await directory.picture(user.id), undefined);
  });

  it('refuses a sign-in name that is taken and fields that are wrong, naming them', async () => {
    await directory.createUser({ user: ada }, admin);
    await assert.rejects(
      directory.createUser({ user: { ...ada, signIn: 'ADA@firm.example' } }, admin),
      refusal('BAD_REQUEST', 'params.signIn'),
    );
    await assert.rejects(
      directory.createUser({ user: { ...ada, signIn: 'b', email: 'nothing' } }, admin),
      refusal('BAD_REQUEST', 'params.email'),
    );
    await assert.rejects(
      directory.createUser({ user: { ...ada, signIn: 'b', timeZone: 'Mars/Olympus' } }, admin),
      refusal('BAD_REQUEST', 'params.timeZone'),
    );
  });

  it('changes a person under the version that was read, and follows a changed sign-in name', async () => {
    const user = await directory.createUser({ user: ada }, admin);
    const changed = await directory.updateUser(user.id, { signIn: 'lovelace', title: 'Countess' }, admin, user.version);
    assert.equal(changed.title, 'Countess');
    assert.equal(directory.bySignIn('ada@firm.example'), undefined);
    assert.equal(directory.bySignIn('lovelace')?.id, user.id);
    await assert.rejects(
      directory.updateUser(user.id, { title: null }, admin, user.version),
      refusal('VERSION_CONFLICT', 'params.version'),
    );
    await assert.rejects(directory.updateUser('nobody' as UserId, {}, admin), refusal('NOT_FOUND'));
  });

  it('locks a person out: tokens void, not found by search, still known by id', async () => {
    const user = await directory.createUser({ user: ada }, admin);
    const locked = await directory.lockUser(user.id, true, admin);
    assert.deepEqual([locked.locked, locked.tokenGeneration], [true, user.tokenGeneration + 1]);
    assert.deepEqual(directory.search('ada', 5), []);
    assert.deepEqual(directory.people({ limit: 5 }), []);
    assert.equal((await directory.lockUser(user.id, false, admin)).tokenGeneration, user.tokenGeneration + 1);
    assert.equal(directory.search('ada', 5).length, 1);
  });

  it('lists people by name in pages, also of one group', async () => {
    const names = ['Zoe', 'Äbel', 'Mia', 'abel', 'Bert'];
    const users = await directory.createUsers(
      names.map((displayName, index) => ({ user: { signIn: `u${index}`, displayName, email: 'x@example.com' } })),
      admin,
    );
    const first = directory.people({ limit: 3 });
    assert.deepEqual(
      first.map(({ displayName }) => fold(displayName)),
      ['abel', 'abel', 'bert'],
    );
    const rest = directory.people({ limit: 3, after: first[2]?.id });
    assert.deepEqual(
      rest.map(({ displayName }) => displayName),
      ['Mia', 'Zoe'],
    );
    await directory.updateUser(users[2]?.id ?? first[0]?.id ?? ('' as UserId), { displayName: 'Aaron' }, admin);
    assert.equal(directory.people({ limit: 1 })[0]?.displayName, 'Aaron');
    const group = await directory.createGroup(
      'Some',
      users.slice(3).map(({ id }) => id),
      admin,
    );
    assert.deepEqual(
      directory.people({ groupId: group.id, limit: 9 }).map(({ displayName }) => displayName),
      ['abel', 'Bert'],
    );
  });

  it('moves people in and out of groups and tells who moved', async () => {
    const [one, two] = await directory.createUsers(
      ['one', 'two'].map((signIn) => ({ user: { signIn, displayName: signIn, email: 'x@example.com' } })),
      admin,
    );
    assert.ok(one && two);
    const group = await directory.createGroup('Group', [one.id], admin);
    const moved: UserId[] = [];
    directory.groups.onChange((users) => moved.push(...users));
    await directory.changeMembers(group.id, { add: [two.id, one.id], remove: [one.id] }, admin);
    await directory.changeMembers(group.id, { add: [two.id], remove: [one.id] }, admin);
    assert.deepEqual([...directory.groups.membersOf(group.id)], [two.id]);
    assert.deepEqual(moved, [two.id, one.id]);
  });

  it('refuses pictures that are none or too large', async () => {
    const user = await directory.createUser({ user: ada }, admin);
    await assert.rejects(
      directory.setPicture(user.id, new TextEncoder().encode('<svg onload=…>'), admin),
      refusal('BAD_REQUEST', 'body'),
    );
    const large = new Uint8Array(262_145);
    large.set(png);
    await assert.rejects(directory.setPicture(user.id, large, admin), refusal('TOO_LARGE'));
  });

  it('writes down who did what, without secrets', async () => {
    const user = await directory.createUser({ user: ada, passwordHash: 'secret verifier' }, admin);
    await directory.updateUser(user.id, { title: 'Countess' }, admin);
    await directory.setPasswordHash(user.id, 'another secret', { actor: user.id });
    const record = await new Audit(storage.database, systemClock).list(10);
    assert.deepEqual(record.map(({ action }) => action).sort(), ['user.create', 'user.password', 'user.update']);
    const update = record.find(({ action }) => action === 'user.update');
    assert.deepEqual(
      { ...update, id: 0, at: 0 },
      {
        id: 0,
        at: 0,
        actor: 'admin',
        action: 'user.update',
        object: `user/${user.id}`,
        before: { title: null },
        after: { title: 'Countess' },
        from: '192.0.2.7',
      },
    );
    assert.doesNotMatch(JSON.stringify(record), /secret/);
  });
});
