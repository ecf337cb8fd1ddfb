import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Calm } from './calm.ts';
import type { FilesConfig } from './config.ts';
import type { FileStore } from './file-store.ts';
import type { FileRepository } from './repository.ts';
import type { Scanner } from './scanner.ts';
import type { UploadService } from './upload-service.ts';

export interface CleanerOptions {
  readonly repository: FileRepository;
  readonly store: Pick<FileStore, 'setAside' | 'clear'>;
  readonly uploads: Pick<UploadService, 'discard'>;
  readonly scanner: Pick<Scanner, 'takeOver'> | undefined;
  readonly calm: Pick<Calm, 'holds'>;
  /** Days that files are kept, whoever refers to them; 0: for ever. */
  readonly days: () => number;
  readonly config: FilesConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

const dayMs = 86_400_000;
/** A file that a message refers to is looked at again after so long, ms: so late is noticed that it, or the message, has had its time. */
const referredLookMs = dayMs;
/** Transactions of one round; the rest waits for the next. */
const mostSteps = 20;
/** A content that nobody has is kept so long for somebody who brings the same again, ms; longer than finishing an upload takes. */
const mostDoomedMs = 3_600_000;

/**
 * Deletes, in small steps, what is no longer needed: uploads that do not go on, files that no message refers to or that are too
 * old, contents that no file has. Every server does; the same done twice is harmless.
 */
export class Cleaner {
  readonly #options: CleanerOptions;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.every(this.#options.config.cleanEveryMs, () => void this.run());
  }

  async stop(): Promise<void> {
    this.#timer?.stop();
    await this.#running;
  }

  /** One step; never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#step()
      .catch((error: unknown) => {
        if (error instanceof UCError && error.retryable) return;
        this.#options.logger.warn('Cleaning up files has failed', { error });
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #step(): Promise<void> {
    const { repository, store, scanner, calm, config, clock, logger } = this.#options;
    const at = clock.wallMs();
    // What refers to a file may still be on its way into SQL.
    const looks = (await calm.holds()) ? await this.#look(at) : { uploads: 0, files: 0 };
    const before = at - Math.min(mostDoomedMs, config.graceMs);
    // Set aside before they are forgotten: what a server that dies in between leaves is found again.
    for (const hash of await repository.doomedContents(before)) await store.setAside(hash);
    const contents = await repository.forgetContents(before);
    await store.clear(async (hash) => (await repository.scanState(hash)) !== undefined);
    await scanner?.takeOver();
    if (looks.uploads + looks.files + contents.length > 0)
      logger.info('Files were deleted', { ...looks, contents: contents.length });
  }

  /** Looks at what is due, a few rows in each transaction. @returns how much of it was deleted. */
  async #look(at: number): Promise<{ readonly uploads: number; readonly files: number }> {
    const { repository, uploads, days, config } = this.#options;
    const looked = {
      at,
      lookAt: at + Math.min(referredLookMs, config.graceMs),
      oldest: days() === 0 ? 0 : at - days() * dayMs,
    };
    const deleted = { uploads: 0, files: 0 };
    for (let steps = 0; steps < mostSteps; steps++) {
      const { unfinished, deleted: files, more } = await repository.look(looked);
      for (const id of unfinished) {
        await uploads.discard(id);
        await repository.removeUnfinished(id, at);
      }
      deleted.uploads += unfinished.length;
      deleted.files += files;
      if (!more) break;
    }
    return deleted;
  }
}
