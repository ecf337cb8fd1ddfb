import type { Clock, Timer } from '#shared/runtime/clock.ts';

/** Calls `send` after the first pause and again after pauses that double, up to the longest; until stopped. */
export class Retransmission {
  readonly #clock: Clock;
  readonly #longestMs: number;
  readonly #send: () => void;
  #pauseMs: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, firstMs: number, longestMs: number, send: () => void) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#send = send;
    this.#pauseMs = firstMs;
    this.#wait();
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  /** From now on with the longest pause. */
  slowDown(): void {
    this.stop();
    this.#pauseMs = this.#longestMs;
    this.#wait();
  }

  #wait(): void {
    this.#timer = this.#clock.after(this.#pauseMs, () => {
      this.#pauseMs = Math.min(this.#pauseMs * 2, this.#longestMs);
      this.#wait();
      this.#send();
    });
  }
}
