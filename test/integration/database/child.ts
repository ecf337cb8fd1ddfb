import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { migrate, openDatabase } from '#ucserver/database/index.ts';
import { testProcedures } from '../../contract/database-procedures.ts';

/** Another process at the same SQLite file. Says `ready` when it has done the first part of what it was started for. */
const [task, file = '', count = '0'] = process.argv.slice(2);

function lock(exclusively: boolean): void {
  const database = new DatabaseSync(file);
  // Exclusive locking mode keeps readers out too, which plain transactions do not in WAL mode.
  if (exclusively) database.exec('pragma locking_mode = exclusive');
  database.exec('begin exclusive');
  if (exclusively) database.exec('create table if not exists held (id integer)');
  console.log('ready');
  process.stdin.resume().once('data', () => {
    database.exec('rollback');
    database.close();
    process.exit(0);
  });
}

async function open() {
  return openDatabase({
    config: { engine: 'sqlite', file, readers: 1 },
    procedures: [testProcedures],
    clock: systemClock,
    logger: silentLogger,
  });
}

if (task === 'lock' || task === 'lock-out') lock(task === 'lock-out');
if (task === 'migrate') {
  const database = await open();
  console.log('ready');
  const { applied } = await migrate(database, { appliedAt: Date.now() });
  console.log(JSON.stringify(applied));
  await database.close();
}
if (task === 'record') {
  const database = await open();
  console.log('ready');
  for (let turn = 0; turn < Number(count); turn += 1) {
    await database.run(testProcedures.record, { ids: [`${process.pid}-${turn}`], at: Date.now() });
  }
  await database.close();
}
