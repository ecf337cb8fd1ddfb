import { randomInt } from 'node:crypto';
import * as z from 'zod';
import { type ActId, actIdSchema, type UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { textHash } from '#shared/text-hash.ts';

interface Act {
  readonly method: string;
  /** Not the parameters, because they may hold a password; missing for acts another server handed over. */
  readonly digest: number | undefined;
  readonly keptUntilMs: number;
  /** Until the act has succeeded. */
  outcome: Promise<unknown> | undefined;
  /** Once the act has succeeded. */
  result: { readonly value: unknown } | undefined;
}

const handedOverSchema = z.array(z.object({ actId: actIdSchema, method: z.string(), forMs: z.number(), result: z.unknown() }));

/** How long the result of an act is kept, so that a client may repeat it. */
export const actKeptMs = 300_000;
const mostPerUser = 1_000;
const sweepMs = 30_000;

/**
 * Results of acts by (user, act id): an act that comes again gets the answer of the first time and is not done twice. Failed
 * acts are forgotten, they may be tried again.
 */
export class ActResults {
  readonly #clock: Clock;
  readonly #seeds = [randomInt(2 ** 32), randomInt(2 ** 32)] as const;
  readonly #byUser = new Map<UserId, Map<ActId, Act>>();
  #sweptMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `act`, or answers what it answered before.
   * @throws UCError `ID_CONFLICT` when the id was used for something else.
   */
  once<T>(userId: UserId, actId: ActId, method: string, params: unknown, act: () => Promise<T>): Promise<T> {
    const acts = this.#actsOf(userId);
    const digest = this.#digest(JSON.stringify(params));
    const known = acts.get(actId);
    if (known && known.keptUntilMs > this.#clock.monotonicMs()) {
      const same = known.method === method && (known.digest === undefined || known.digest === digest);
      if (!same) return Promise.reject(new UCError('ID_CONFLICT', undefined, { field: 'params.actId' }));
      return (known.outcome ?? Promise.resolve(known.result?.value)) as Promise<T>;
    }
    const outcome = act();
    const entry: Act = { method, digest, keptUntilMs: this.#clock.monotonicMs() + actKeptMs, outcome, result: undefined };
    acts.set(actId, entry);
    outcome.then(
      (value) => {
        entry.result = { value };
        entry.outcome = undefined;
      },
      () => this.#forget(userId, actId, entry),
    );
    return outcome;
  }

  /** What the next owner of the user must know. */
  handOver(userId: UserId): z.input<typeof handedOverSchema> | undefined {
    const nowMs = this.#clock.monotonicMs();
    const kept = [...(this.#byUser.get(userId) ?? [])].flatMap(([actId, { method, keptUntilMs, result }]) =>
      result && keptUntilMs > nowMs ? [{ actId, method, forMs: keptUntilMs - nowMs, result: result.value }] : [],
    );
    return kept.length > 0 ? kept : undefined;
  }

  /** Takes what the owner before has handed over. @throws z.ZodError when it is not such a thing. */
  takeOver(userId: UserId, handedOver: unknown): void {
    const acts = this.#actsOf(userId);
    for (const { actId, method, forMs, result } of handedOverSchema.parse(handedOver)) {
      if (acts.has(actId)) continue;
      const keptUntilMs = this.#clock.monotonicMs() + Math.min(forMs, actKeptMs);
      acts.set(actId, { method, digest: undefined, keptUntilMs, outcome: undefined, result: { value: result } });
    }
  }

  /** 53 bits: what differs is a mistake of a client, which gains nothing by hiding it. */
  #digest(text: string): number {
    const [high, low] = this.#seeds;
    return textHash(text, high) * 2 ** 21 + (textHash(text, low) >>> 11);
  }

  /** Forgets what is too old, now and then, when something is added. */
  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#sweptMs < sweepMs) return;
    this.#sweptMs = nowMs;
    for (const [userId, acts] of this.#byUser) {
      for (const [actId, { keptUntilMs }] of acts) if (keptUntilMs <= nowMs) acts.delete(actId);
      if (acts.size === 0) this.#byUser.delete(userId);
    }
  }

  #actsOf(userId: UserId): Map<ActId, Act> {
    this.#sweep();
    let acts = this.#byUser.get(userId);
    if (!acts) {
      acts = new Map();
      this.#byUser.set(userId, acts);
    }
    const oldest = acts.size >= mostPerUser ? acts.keys().next().value : undefined;
    if (oldest !== undefined) acts.delete(oldest);
    return acts;
  }

  #forget(userId: UserId, actId: ActId, entry: Act): void {
    const acts = this.#byUser.get(userId);
    if (acts?.get(actId) === entry) acts.delete(actId);
  }
}
