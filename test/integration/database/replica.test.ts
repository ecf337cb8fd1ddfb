import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { housekeepingProcedures } from '#ucserver/database/housekeeping.ts';
import { replicaParts, type Storage, startStorage } from '#ucserver/database/index.ts';
import { testProcedures } from '../../contract/database-procedures.ts';

const parts = Object.values(replicaParts);

describe('replica', () => {
  let folder: TempFolder;
  let running: Storage[];

  beforeEach(() => {
    folder = new TempFolder('replica');
    running = [];
  });
  afterEach(async () => {
    for (const storage of running) await storage.stop();
    folder.remove();
  });

  async function start(name: string, announce = () => {}, patienceMs?: number): Promise<Storage> {
    const storage = await startStorage({
      config: { engine: 'sqlite', file: folder.file('shared.db'), readers: 1 },
      procedures: [testProcedures],
      parts,
      dataFolder: folder.file(name),
      mesh: { id: 'test', password: 'a password of the mesh' },
      clock: systemClock,
      logger: silentLogger,
      announce,
      patienceMs,
    });
    running.push(storage);
    return storage;
  }

  it('brings a change of one server to the others and tells which', async () => {
    const one = await start('one', () => two.replica.hint());
    const two = await start('two');
    const heard: string[] = [];
    two.replica.onChange(replicaParts.users, (ids) => heard.push(...ids));
    await one.database.run(testProcedures.addUser, { id: 'ada', name: 'Ada', at: 1 });
    await eventually(() => two.replica.items(replicaParts.users).get('ada')?.display_name === 'Ada', { withinMs: 900 });
    await one.database.run(testProcedures.renameUser, { id: 'ada', name: 'Ada L.', at: 2 });
    await eventually(() => two.replica.items(replicaParts.users).get('ada')?.display_name === 'Ada L.', { withinMs: 900 });
    assert.deepEqual(heard, ['ada', 'ada']);
  });

  it('finds changes without being told', async () => {
    const one = await start('one');
    const two = await start('two');
    await one.database.run(testProcedures.addUser, { id: 'ada', name: 'Ada', at: 1 });
    await eventually(() => two.replica.items(replicaParts.users).has('ada'), { withinMs: 3_000 });
  });

  it('shows a server its own change as soon as it asks', async () => {
    const one = await start('one');
    for (let turn = 0; turn < 20; turn += 1) {
      await one.database.run(testProcedures.addUser, { id: `user-${turn}`, name: 'Somebody', at: turn });
      await one.replica.refresh();
      assert.ok(one.replica.items(replicaParts.users).has(`user-${turn}`));
    }
  });

  it('reads everything anew when the feed no longer leads to where it was', async () => {
    const one = await start('one');
    const two = await start('two');
    await one.database.run(testProcedures.addUser, { id: 'ada', name: 'Ada', at: 1 });
    await two.stop();
    await one.database.run(testProcedures.addUser, { id: 'bob', name: 'Bob', at: 2 });
    await one.database.run(testProcedures.addUser, { id: 'cem', name: 'Cem', at: 3 });
    await one.database.run(testProcedures.removeUser, { id: 'ada', at: 4 });
    await one.database.run(housekeepingProcedures.forget, { actsBefore: 10, changesBefore: 10 });
    const again = await start('two');
    assert.deepEqual([...again.replica.items(replicaParts.users).keys()].sort(), ['bob', 'cem']);
  });

  it('starts from its snapshot while SQL is away, and catches up when it is back', async () => {
    const one = await start('one');
    await one.database.run(testProcedures.addUser, { id: 'ada', name: 'Ada', at: 1 });
    await one.replica.refresh();
    await one.stop();
    const away = folder.file('moved-away.db');
    await rename(folder.file('shared.db'), away);
    await mkdir(folder.file('shared.db'));
    const startMs = performance.now();
    const again = await start('one');
    measured('it has started', performance.now() - startMs, 2_500);
    assert.ok(again.startedFromSnapshot);
    assert.equal(again.replica.items(replicaParts.users).get('ada')?.display_name, 'Ada');
    assert.equal(again.replica.current, false);
    await rm(folder.file('shared.db'), { recursive: true });
    await rename(away, folder.file('shared.db'));
    await eventually(() => again.replica.current, { withinMs: 5_000 });
    await again.database.run(testProcedures.renameUser, { id: 'ada', name: 'Ada L.', at: 2 });
    await eventually(() => again.replica.items(replicaParts.users).get('ada')?.display_name === 'Ada L.');
  });

  it('makes no empty database in place of one that was moved away while it was down', async () => {
    const one = await start('one');
    await one.database.run(testProcedures.addUser, { id: 'ada', name: 'Ada', at: 1 });
    await one.replica.refresh();
    await one.stop();
    await rename(folder.file('shared.db'), folder.file('moved-away.db'));
    const again = await start('one');
    assert.ok(again.startedFromSnapshot);
    await assert.rejects(again.database.run(testProcedures.renameUser, { id: 'ada', name: 'Ada L.', at: 2 }));
    assert.equal(existsSync(folder.file('shared.db')), false);
    await rename(folder.file('moved-away.db'), folder.file('shared.db'));
    await eventually(() => again.replica.current, { withinMs: 5_000 });
    assert.equal(again.replica.items(replicaParts.users).get('ada')?.display_name, 'Ada');
  });

  it('does not start without SQL and without a snapshot', async () => {
    await mkdir(folder.file('shared.db'));
    await assert.rejects(
      start('one', undefined, 500),
      (error) => error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE',
    );
  });

  it('waits at its first start for a process that holds the database for longer than a second', async () => {
    const holder = new DatabaseSync(folder.file('shared.db'));
    holder.exec('pragma journal_mode = wal; begin immediate');
    let isDone = false;
    const starting = start('one').finally(() => {
      isDone = true;
    });
    await never(() => isDone, 2_500, 'the start is given up, or did not need the database');
    holder.exec('rollback');
    holder.close();
    assert.equal((await starting).startedFromSnapshot, false);
  });

  it('does not take the snapshot of another database for its own', async () => {
    const one = await start('one');
    await one.database.run(testProcedures.addUser, { id: 'ada', name: 'Ada', at: 1 });
    await one.replica.refresh();
    await one.stop();
    for (const end of ['', '-wal', '-shm']) await rm(folder.file(`shared.db${end}`), { force: true });
    await start('two');
    const again = await start('one');
    assert.equal(again.replica.items(replicaParts.users).size, 0);
  });

  it('goes back to what stands in SQL when a backup was restored', async () => {
    const one = await start('one');
    await one.database.run(testProcedures.addUser, { id: 'ada', name: 'Ada', at: 1 });
    await one.replica.refresh();
    const heard: string[] = [];
    one.replica.onChange(replicaParts.users, (ids) => heard.push(...ids));
    await one.database.run(housekeepingProcedures.raiseGeneration, undefined);
    await one.database.run(testProcedures.renameUserSilently, { id: 'ada', name: 'Ada before' });
    await one.replica.refresh();
    assert.deepEqual(heard, ['ada']);
  });
});
