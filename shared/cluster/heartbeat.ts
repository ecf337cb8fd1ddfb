import type { MemberRecord } from '../redis/records.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { BeatResult } from './board.ts';

export const beatPeriodMs = 500;

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** What to tell now. */
  readonly record: (beat: number) => MemberRecord;
  /** Stores and tells it; rejects when Redis does not answer. */
  readonly send: (record: MemberRecord) => Promise<BeatResult>;
  /** Every answer, with what was told and the own monotonic time at which it was. */
  readonly onResult: (result: BeatResult, told: MemberRecord, askedMs: number) => void;
  /** Redis did not take it. */
  readonly onFailure: (error: unknown) => void;
}

/** Tells every 500 ms that this server lives, never twice at a time. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | undefined;
  #beat = 0;
  #underWay: Promise<void> | undefined;
  #succeededMs = Number.NEGATIVE_INFINITY;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.every(beatPeriodMs, () => void this.now());
  }

  stop(): void {
    this.#timer?.stop();
  }

  /** Milliseconds since we asked for the last heartbeat that succeeded. */
  get gapMs(): number {
    return this.#options.clock.monotonicMs() - this.#succeededMs;
  }

  /** One now; joins one that is under way. */
  now(): Promise<void> {
    this.#underWay ??= this.#once().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #once(): Promise<void> {
    const { clock, record, send, onResult, onFailure } = this.#options;
    const askedMs = clock.monotonicMs();
    try {
      const told = record(++this.#beat);
      const result = await send(told);
      if (result === 'ok') this.#succeededMs = askedMs;
      onResult(result, told, askedMs);
    } catch (error) {
      onFailure(error);
    }
  }
}
