import { setTimeout as pause } from 'node:timers/promises';

export interface EventuallyOptions {
  /**
   * How long the condition may take to come true on a quiet machine; default 2,000 ms. On a busy one it may take five times that, up to
   * 20 s: a test must not fail because of what else runs. What is promised in ms is for `measured`.
   */
  readonly withinMs?: number;
  /** Pause between two looks; default 10 ms. */
  readonly everyMs?: number;
  /** Named in the error, for example "bob is seen as away". */
  readonly what?: string;
}

const slack = 5;
/** The slack makes no waiting longer than this. */
const patienceMs = 20_000;

/**
 * Looks again and again until `look` neither throws nor returns `false`, and answers what it returned last. This is how a
 * test waits: for a condition, never for a time.
 *
 * @throws Error that names what was awaited and holds the last failure as its cause.
 */
export async function eventually<T>(look: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<Exclude<T, false>> {
  const { withinMs = 2000, everyMs = 10, what = 'the condition' } = options;
  const limitMs = Math.max(withinMs, Math.min(slack * withinMs, patienceMs));
  const deadline = performance.now() + limitMs;
  for (;;) {
    let failure: unknown;
    try {
      const result = await look();
      if (result !== false) return result as Exclude<T, false>;
      failure = new Error('it is false');
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      throw new Error(`Not true within ${limitMs} ms: ${what} (${reason})`, { cause: failure });
    }
    await pause(everyMs);
  }
}

/**
 * Proves that something does not happen: fails as soon as `look` returns `true` within `forMs`, and costs that long when it
 * does not. Only for what cannot be shown by waiting for something later.
 */
export async function never(look: () => boolean | Promise<boolean>, forMs: number, what = 'the condition'): Promise<void> {
  const deadline = performance.now() + forMs;
  while (performance.now() < deadline) {
    if (await look()) throw new Error(`It happened: ${what}`);
    await pause(10);
  }
}
