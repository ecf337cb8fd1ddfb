import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { randomId } from '#shared/ids.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { HealthReporter } from '#shared/runtime/health.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { markerName, storeFolders } from './folder-store.ts';
import type { FileRepository } from './repository.ts';
import type { StoreGate } from './store-gate.ts';

const markerSchema = z.object({ meshId: z.string(), storeId: z.string().min(1) });

export interface MarkerOptions {
  readonly folder: string;
  readonly meshId: string;
  readonly gate: StoreGate;
  readonly repository: Pick<FileRepository, 'storeId' | 'establishStore'>;
  readonly health: HealthReporter;
  readonly clock: Clock;
  readonly logger: Logger;
}

const lookEveryMs = 1_000;

/**
 * Watches whether the shared folder is there and is the right one. All servers must see the same folder: an empty folder where a
 * mount is missing, or one of another company, would take files that nobody finds again. So each store carries a marker, whose id
 * also stands in the database.
 */
export class MarkerWatch {
  readonly #options: MarkerOptions;
  #expected: string | undefined;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #told: string | undefined;

  constructor(options: MarkerOptions) {
    this.#options = options;
  }

  /** Looks once; from then on by itself. */
  async start(): Promise<void> {
    this.#timer = this.#options.clock.every(lookEveryMs, () => void this.look());
    await this.look();
  }

  async stop(): Promise<void> {
    this.#timer?.stop();
    await this.#looking;
  }

  /** Looks now; never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { gate, health, logger, folder } = this.#options;
    const problem = await this.#problem();
    gate.judge(problem);
    if (problem === undefined) health.up();
    else health.away(problem);
    if (problem === this.#told && this.#told !== undefined) return;
    if (problem !== undefined) logger.error('The store of files cannot be used', { folder, problem });
    else if (this.#told !== undefined) logger.info('The store of files is back', { folder });
    this.#told = problem;
  }

  async #problem(): Promise<string | undefined> {
    const { gate, repository } = this.#options;
    try {
      this.#expected ??= await repository.storeId();
      const found = await gate.look(() => this.#read());
      if (this.#expected === undefined) return await this.#establish(found ?? (await gate.look(() => this.#make())));
      return found === this.#expected ? undefined : this.#wrong(found);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The first server of a company to start with this folder decides that it is the one. */
  async #establish(storeId: string): Promise<string | undefined> {
    this.#expected = await this.#options.repository.establishStore(storeId, this.#options.clock.wallMs());
    return storeId === this.#expected ? undefined : this.#wrong(storeId);
  }

  #wrong(found: string | undefined): string {
    const { folder } = this.#options;
    if (found === undefined) return `${folder} holds no ${markerName}; is something not mounted?`;
    return `${folder} is another store than the one of this database, on which the other servers work`;
  }

  async #read(): Promise<string | undefined> {
    const { folder, meshId } = this.#options;
    const text = await readFile(join(folder, markerName), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (text === undefined) return undefined;
    const marker = markerSchema.parse(JSON.parse(text));
    if (marker.meshId !== meshId) throw new Error(`${folder} is the store of the mesh "${marker.meshId}"`);
    return marker.storeId;
  }

  async #make(): Promise<string> {
    const { folder, meshId } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of storeFolders) await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
    const storeId = randomId();
    const marker = JSON.stringify({ meshId, storeId });
    await writeFile(join(folder, markerName), marker, { flag: 'wx', flush: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    // Of two servers that begin at once one has written it.
    const made = await this.#read();
    if (made === undefined) throw new Error(`${folder} cannot be written to`);
    return made;
  }
}
