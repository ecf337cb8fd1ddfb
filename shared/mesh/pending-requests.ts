import type { IncarnationId } from '../ids.ts';
import { UCError, type WireError } from '../protocol/errors.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { RequestContract } from './contract.ts';
import type { Fragment } from './payload.ts';

interface Pending {
  readonly to: IncarnationId;
  readonly contract: RequestContract<unknown, unknown>;
  readonly endsMs: number;
  readonly timer: Timer;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: UCError) => void;
  /** Kept for the direct way, in case the bus turns out not to reach the peer. */
  fragment: Fragment | undefined;
}

/** Requests of ours that wait for their answer. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to wait; the promise fails with `OUTCOME_UNKNOWN` after `deadlineMs`. */
  begin<Result>(
    to: IncarnationId,
    contract: RequestContract<unknown, Result>,
    deadlineMs: number,
  ): { readonly id: number; readonly answer: Promise<Result> } {
    const id = ++this.#lastId;
    const answer = new Promise<Result>((resolve, reject) => {
      this.#pending.set(id, {
        to,
        contract: contract,
        endsMs: this.#clock.monotonicMs() + deadlineMs,
        timer: this.#clock.after(deadlineMs, () => this.fail(id, new UCError('OUTCOME_UNKNOWN'))),
        resolve: (result) => resolve(result as Result),
        reject,
        fragment: undefined,
      });
    });
    return { id, answer };
  }

  /** Remembers what was sent. */
  keep(id: number, fragment: Fragment): void {
    const pending = this.#pending.get(id);
    if (pending !== undefined) pending.fragment = fragment;
  }

  /** What to send again on another way and how long its asker still waits; `undefined` when it was answered meanwhile. */
  toRepeat(id: number): { readonly fragment: Fragment; readonly remainingMs: number } | undefined {
    const pending = this.#pending.get(id);
    if (pending?.fragment === undefined) return undefined;
    return { fragment: pending.fragment, remainingMs: pending.endsMs - this.#clock.monotonicMs() };
  }

  /** An answer; one that nobody waits for, or that comes from somebody else, is dropped. */
  answered(id: number, from: IncarnationId, result: unknown): void {
    const pending = this.#take(id, from);
    if (pending === undefined) return;
    const parsed = pending.contract.result.safeParse(result);
    if (parsed.success) pending.resolve(parsed.data);
    else pending.reject(new UCError('INTERNAL', `The answer to ${pending.contract.name} is malformed`, { cause: parsed.error }));
  }

  refused(id: number, from: IncarnationId, error: WireError): void {
    this.#take(id, from)?.reject(UCError.fromWire(error));
  }

  fail(id: number, error: UCError): void {
    this.#take(id)?.reject(error);
  }

  /** Fails what was asked of this incarnation, or everything. */
  failAll(error: UCError, to?: IncarnationId): void {
    for (const [id, pending] of this.#pending) if (to === undefined || pending.to === to) this.fail(id, error);
  }

  #take(id: number, from?: IncarnationId): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined || (from !== undefined && pending.to !== from)) return undefined;
    this.#pending.delete(id);
    pending.timer.stop();
    return pending;
  }
}
