import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface LifeSources {
  /** What Redis holds, if it answers. */
  readonly stored?: number | undefined;
  /** Time of Redis in ms, else our own wall time. */
  readonly timeMs: number;
  /** The highest life of this server that the others have seen. */
  readonly seen: number;
  /** The highest life in this server's own data folder. */
  readonly own: number;
}

/** The number of a server's next life: never one it has had, also after an empty Redis, a lost folder or a clock set back. */
export function nextLife({ stored = 0, timeMs, seen, own }: LifeSources): number {
  return Math.max(stored + 1, Math.floor(timeMs), seen + 1, own + 1);
}

/** The highest life of a server, in its own data folder. */
export class LifeFile {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'life');
  }

  /** 0 when there was none. @throws Error when the file is there but cannot be read. */
  read(): number {
    try {
      const life = Number(readFileSync(this.#path, 'utf8'));
      if (!Number.isSafeInteger(life)) throw new Error(`${this.#path} does not hold a number`);
      return life;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  }

  /** Stands on disk when it returns. */
  write(life: number): void {
    mkdirSync(this.#folder, { recursive: true });
    const fresh = `${this.#path}.new`;
    const file = openSync(fresh, 'w', 0o600);
    writeSync(file, String(life));
    fsyncSync(file);
    closeSync(file);
    renameSync(fresh, this.#path);
    const folder = openSync(this.#folder, 'r');
    fsyncSync(folder);
    closeSync(folder);
  }
}
