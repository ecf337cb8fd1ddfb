import { once } from 'node:events';
import { endProcess, spawnBound } from './child-process.ts';

/** Says `ready` when it holds the lock, then sits there. */
const program = `
const { DatabaseSync } = require('node:sqlite');
const [file, whole] = process.argv.slice(1);
const database = new DatabaseSync(file);
database.exec('pragma busy_timeout = 10000');
if (whole === 'whole') database.exec('pragma locking_mode = exclusive');
database.exec('begin exclusive');
if (whole === 'whole') database.exec('create table if not exists held (id integer)');
console.log('ready');
setInterval(() => undefined, 1 << 30);
`;

/** Takes SQL away as a stopped process does that holds a lock on the database file. */
export class DatabaseLock implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawnBound>;

  /** @param what `writing`: reading goes on; `everything`: nobody may have the file open. */
  static async hold(file: string, what: 'writing' | 'everything' = 'writing'): Promise<DatabaseLock> {
    const child = spawnBound(process.execPath, ['--eval', program, file, what === 'everything' ? 'whole' : '']);
    const [said] = (await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'exit')])) as [unknown];
    if (!String(said).includes('ready')) throw new Error('The database could not be locked');
    child.kill('SIGSTOP');
    return new DatabaseLock(child);
  }

  private constructor(child: ReturnType<typeof spawnBound>) {
    this.#child = child;
  }

  async release(): Promise<void> {
    await endProcess(this.#child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
