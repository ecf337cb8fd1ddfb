import { spawn } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { FilesConfig } from './config.ts';
import type { ContentHash, FileStore } from './file-store.ts';
import type { FileRepository } from './repository.ts';

export interface ScannerOptions {
  readonly scan: NonNullable<FilesConfig['scan']>;
  readonly store: Pick<FileStore, 'read'>;
  readonly repository: Pick<FileRepository, 'scanned' | 'takeScans'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Scans at once. */
const mostAtOnce = 2;
/** A scan that has not ended after so many times its limit has lost its server, or failed. */
const lateAfterLimits = 2;

/**
 * Has the company's own program judge each new content. A scan that fails is no verdict: it is tried again later, by whichever
 * server looks first.
 */
export class Scanner {
  readonly #options: ScannerOptions;
  readonly #queue: ContentHash[] = [];
  readonly #running = new Map<ContentHash, AbortController>();
  #stopped = false;

  constructor(options: ScannerOptions) {
    this.#options = options;
  }

  /** Scans a content as soon as there is room. */
  add(hash: ContentHash): void {
    if (this.#running.has(hash) || this.#queue.includes(hash)) return;
    this.#queue.push(hash);
    this.#next();
  }

  /** Takes over what other servers have left unfinished. @throws UCError `STORAGE_UNAVAILABLE`. */
  async takeOver(): Promise<void> {
    const { repository, clock, scan } = this.#options;
    const nowMs = clock.wallMs();
    for (const hash of await repository.takeScans(nowMs - lateAfterLimits * scan.timeMs, nowMs)) this.add(hash);
  }

  stop(): void {
    this.#stopped = true;
    for (const running of this.#running.values()) running.abort();
  }

  #next(): void {
    while (!this.#stopped && this.#running.size < mostAtOnce) {
      const hash = this.#queue.shift();
      if (hash === undefined) return;
      const controller = new AbortController();
      this.#running.set(hash, controller);
      void this.#judge(hash, controller).finally(() => {
        this.#running.delete(hash);
        this.#next();
      });
    }
  }

  async #judge(hash: ContentHash, controller: AbortController): Promise<void> {
    const { repository, clock, logger, scan } = this.#options;
    const limit = clock.after(scan.timeMs, () => controller.abort());
    try {
      const code = await this.#run(hash, controller.signal);
      if (code === 0) await repository.scanned(hash, 'clean', clock.wallMs());
      else if (code === 1) {
        logger.warn('The scan has refused a file', { hash });
        await repository.scanned(hash, 'refused', clock.wallMs());
      } else logger.error('The scan of a file has failed; it is tried again', { hash, code });
    } catch (error) {
      if (!(error instanceof UCError)) logger.error('The scan of a file could not be run; it is tried again', { hash, error });
    } finally {
      limit.stop();
    }
  }

  /** @returns how the program ended; `null`: it was ended. */
  async #run(hash: ContentHash, signal: AbortSignal): Promise<number | null> {
    const { store, scan } = this.#options;
    const content = await store.read({ hash }, 0, Number.MAX_SAFE_INTEGER);
    if (content === undefined) return null;
    const [command = '', ...args] = scan.command;
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'], signal, killSignal: 'SIGKILL' });
    const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
    child.on('close', resolve).on('error', reject);
    // A program that has seen enough closes its input; its verdict counts all the same.
    await pipeline(content, child.stdin).catch(() => undefined);
    return ended;
  }
}
