import assert from 'node:assert/strict';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { replicaParts, type Storage, startStorage } from '#ucserver/database/index.ts';
import { testProcedures } from '../contract/database-procedures.ts';

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

  async function start(name: string, announce = () => {}): Promise<Storage> {
    const storage = await startStorage({
      config: { engine: 'sqlite', file: folder.file('shared.db'), readers: 1 },
      procedures: [testProcedures],
      parts,
      dataFolder: folder.file(name),
      mesh: { id: 'test', password: 'a password of the mesh' },
      clock: systemClock,
      logger: silentLogger,
      announce,
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
});
