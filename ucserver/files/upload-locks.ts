import type { FileId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** How long whoever wants an upload waits for whoever has it in this process, ms. */
const patienceMs = 10_000;

interface Holder {
  /** Asks the holder to let go. */
  readonly ask: () => void;
  readonly gone: Promise<void>;
}

/** Lets one request at a time work on an upload within this process; between processes the store does. */
export class UploadLocks {
  readonly #clock: Clock;
  readonly #holders = new Map<FileId, Holder>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param ask called when somebody else wants the upload
   * @returns how to let go
   * @throws UCError `BUSY` when the holder does not let go.
   */
  async take(id: FileId, ask: () => void): Promise<() => void> {
    const endMs = this.#clock.monotonicMs() + patienceMs;
    for (let holder = this.#holders.get(id); holder !== undefined; holder = this.#holders.get(id)) {
      holder.ask();
      const late = Promise.withResolvers<void>();
      const timer = this.#clock.after(Math.max(0, endMs - this.#clock.monotonicMs()), late.resolve);
      await Promise.race([holder.gone, late.promise]);
      timer.stop();
      if (this.#clock.monotonicMs() >= endMs)
        throw new UCError('BUSY', 'Another request works on this upload.', { retryAfterMs: 1_000 });
    }
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    this.#holders.set(id, { ask, gone });
    return () => {
      this.#holders.delete(id);
      resolve();
    };
  }
}
