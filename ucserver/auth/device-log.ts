import type { DeviceId, UserId } from '#shared/ids.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { DeviceKey } from './device-key.ts';

/** That a user has just signed in on a device. */
export interface NewDevice {
  readonly name: string;
  readonly kind: string;
  readonly key: DeviceKey;
  readonly keyThumbprint: string;
}

/** Something to be written about a device. */
export interface DeviceEntry {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** Wall ms of the last use. */
  readonly usedAt: number;
  /** Wall ms. */
  readonly refreshUntil: number;
  /** Only after signing in with a password. */
  readonly signedIn?: NewDevice | undefined;
}

export interface DeviceStore {
  write(entries: readonly DeviceEntry[]): Promise<void>;
}

export interface DeviceLogOptions {
  readonly store: DeviceStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Entries are gathered this long and written together. */
const gatherMs = 200;
const retryMs = 2_000;
/** Bounds the memory while SQL is away; then the oldest uses are forgotten. */
const mostWaiting = 20_000;

/**
 * Writes down which devices people are signed in on. Signing in does not wait for it, so it works while SQL is away; the list
 * is made good afterwards.
 */
export class DeviceLog {
  readonly #options: DeviceLogOptions;
  #waiting = new Map<string, DeviceEntry>();
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: DeviceLogOptions) {
    this.#options = options;
  }

  add(entry: DeviceEntry): void {
    this.#merge(this.#waiting, entry);
    this.#later(gatherMs);
  }

  /** Writes what waits; what cannot be written is lost with this process. */
  async stop(): Promise<void> {
    this.#timer?.stop();
    await this.#writing;
    this.#timer?.stop();
    await this.#write();
    this.#timer?.stop();
  }

  #later(delayMs: number): void {
    this.#timer ??= this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#writing = this.#write();
    });
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const batch = this.#waiting;
    this.#waiting = new Map();
    try {
      await this.#options.store.write([...batch.values()]);
    } catch (error) {
      this.#options.logger.warn('The list of devices is not up to date yet', { waiting: batch.size, error });
      const newer = this.#waiting;
      this.#waiting = batch;
      for (const entry of newer.values()) this.#merge(batch, entry);
      this.#later(retryMs);
    }
  }

  #merge(waiting: Map<string, DeviceEntry>, entry: DeviceEntry): void {
    const key = `${entry.userId} ${entry.deviceId}`;
    const before = waiting.get(key);
    waiting.delete(key);
    waiting.set(key, { ...entry, signedIn: entry.signedIn ?? before?.signedIn });
    const oldest = waiting.size > mostWaiting ? waiting.keys().next().value : undefined;
    if (oldest !== undefined) waiting.delete(oldest);
  }
}
