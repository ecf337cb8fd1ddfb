import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';

export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
}

export interface TlsContent {
  readonly cert: string;
  readonly key: string;
}

const lookEveryMs = 60_000;

/** Certificate and key in files that somebody renews now and then; new ones serve without a restart. */
export class TlsFiles {
  readonly #paths: TlsPaths;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #content: TlsContent | undefined;
  #timer: Timer | undefined;

  constructor(paths: TlsPaths, clock: Clock, logger: Logger) {
    this.#paths = paths;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** @throws Error when a file cannot be read. */
  async read(): Promise<TlsContent> {
    const [cert, key] = await Promise.all([readFile(this.#paths.cert, 'utf8'), readFile(this.#paths.key, 'utf8')]);
    this.#content = { cert, key };
    return this.#content;
  }

  /** Gives the server every later version. */
  follow(server: Server): void {
    this.#timer = this.#clock.every(lookEveryMs, () => void this.#look(server));
  }

  stop(): void {
    this.#timer?.stop();
  }

  async #look(server: Server): Promise<void> {
    const before = this.#content;
    try {
      const now = await this.read();
      if (before?.cert === now.cert && before.key === now.key) return;
      // Throws when they do not belong together, as while only one of them has been replaced.
      server.setSecureContext(now);
      this.#logger.info('The certificate was read anew', { file: this.#paths.cert });
    } catch (error) {
      this.#content = before;
      this.#logger.warn('The new certificate cannot be used, the old one stays', { file: this.#paths.cert, error });
    }
  }
}
