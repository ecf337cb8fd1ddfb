/**
 * Why Redis did not do it:
 * `away` not connected, never sent · `noAnswer` sent, it may or may not have happened · `late` refused without effect, because it
 * arrived after its time · `refused` refused without effect, because Redis cannot write now.
 */
export type RedisFailure = 'away' | 'noAnswer' | 'late' | 'refused';

/** Redis cannot be used now; features answer from what they have in memory or say so to the client. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
  readonly failure: RedisFailure;

  constructor(failure: RedisFailure, cause: unknown) {
    super(`Redis unavailable (${failure}): ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.failure = failure;
  }
}

const refusals = /^(READONLY|LOADING|MASTERDOWN|NOREPLICAS|OOM|MISCONF|CLUSTERDOWN|TRYAGAIN|BUSY)\b/;

/** Turns what ioredis rejects with into {@link RedisUnavailable}; mistakes of ours (wrong type, wrong script) stay what they are. */
export function asRedisError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RedisUnavailable) return error;
  if (error.name === 'ReplyError') {
    if (error.message.startsWith('LATE')) return new RedisUnavailable('late', error);
    return refusals.test(error.message) ? new RedisUnavailable('refused', error) : error;
  }
  return new RedisUnavailable(error.message.includes("isn't writeable") ? 'away' : 'noAnswer', error);
}
