import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';

const lookEveryMs = 5_000;

export interface CertificateFiles {
  /** PEM. */
  readonly keyFile: string;
  /** PEM, with the chain. */
  readonly certificateFile: string;
}

/** Key and certificate from files, told anew when they change; a broken pair is not taken. */
export class Certificate {
  readonly #files: CertificateFiles;
  readonly #logger: Logger;
  readonly #listeners = new Set<(pair: SecureContextOptions) => void>();
  readonly #watch: Timer;
  #pair: SecureContextOptions;
  #stamp: string;

  /** @throws Error when the files cannot be read or do not fit each other. */
  constructor(files: CertificateFiles, clock: Clock, logger: Logger) {
    this.#files = files;
    this.#logger = logger;
    this.#stamp = this.#readStamp();
    this.#pair = this.#read();
    this.#watch = clock.every(lookEveryMs, () => this.#look());
  }

  get pair(): SecureContextOptions {
    return this.#pair;
  }

  onChange(listener: (pair: SecureContextOptions) => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#watch.stop();
    this.#listeners.clear();
  }

  #look(): void {
    try {
      const stamp = this.#readStamp();
      if (stamp === this.#stamp) return;
      this.#pair = this.#read();
      this.#stamp = stamp;
    } catch (error) {
      this.#logger.warn('the new certificate is not usable; the old one stays', { error });
      return;
    }
    this.#logger.info('the certificate was read anew');
    for (const listener of this.#listeners) listener(this.#pair);
  }

  #readStamp(): string {
    const { keyFile, certificateFile } = this.#files;
    return [keyFile, certificateFile]
      .map((file) => ((stat) => `${stat.mtimeMs}/${stat.ino}/${stat.size}`)(statSync(file)))
      .join();
  }

  #read(): SecureContextOptions {
    const pair = { key: readFileSync(this.#files.keyFile), cert: readFileSync(this.#files.certificateFile) };
    createSecureContext(pair);
    return pair;
  }
}
