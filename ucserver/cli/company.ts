import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { Passwords } from '../auth/index.ts';
import type { Config } from '../config.ts';
import { type Database, type Replica, replicaParts, SecretBox, startStorage } from '../database/index.ts';
import { Directory } from '../directory/index.ts';
import { procedures } from '../procedures.ts';

/** The people of the company as a command sees them, without a server. */
export interface Company {
  readonly database: Database;
  readonly replica: Replica;
  /** What only servers of this mesh can open. */
  readonly secretBox: (purpose: string) => SecretBox;
  readonly directory: Directory;
  readonly passwords: Passwords;
}

/**
 * Opens the database (bringing its tables up to date), lets `act` work with the company, and closes it. Running servers learn of
 * changes by the change feed within a second.
 *
 * @throws UCError STORAGE_UNAVAILABLE
 */
export async function withCompany<T>(
  config: Pick<Config, 'database' | 'mesh'>,
  logger: Logger,
  act: (company: Company) => Promise<T>,
): Promise<T> {
  const clock = systemClock;
  // Snapshots belong to servers: a command writes its own into a folder that goes with it.
  const dataFolder = mkdtempSync(join(tmpdir(), 'ucmesh-'));
  try {
    const storage = await startStorage({
      ...{
        config: config.database,
        procedures,
        parts: Object.values(replicaParts),
        dataFolder,
        mesh: config.mesh,
        clock,
        logger,
      },
      announce: () => undefined,
    });
    try {
      const directory = new Directory({ database: storage.database, replica: storage.replica, clock });
      const passwords = new Passwords({ hashesAtOnce: 1, hashesWaiting: 1_000, clock });
      const { id, password } = config.mesh;
      const secretBox = (purpose: string) => new SecretBox(id, password, purpose);
      return await act({ database: storage.database, replica: storage.replica, secretBox, directory, passwords });
    } finally {
      await storage.stop();
    }
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
}
