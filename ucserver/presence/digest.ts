import type { UserId } from '#shared/ids.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import { textHash } from '#shared/text-hash.ts';

/** Into how many buckets users are put, so that a difference between two servers is found without comparing everything. */
export const bucketCount = 256;

/** The bucket of a user, the same on every server. */
export function bucketOf(userId: UserId): number {
  return textHash(userId) % bucketCount;
}

/** What a server knows of the users it watches at another one, folded into numbers. The order of adding makes no difference. */
export class PresenceDigest {
  readonly buckets: number[] = new Array<number>(bucketCount).fill(0);
  count = 0;

  /** @param version of what this level was told last; `undefined`: nothing yet. */
  add(userId: UserId, rank: number, version: PresenceVersion | undefined): void {
    const hash = textHash(`${rank}/${version === undefined ? '' : version.join('/')}`, textHash(userId));
    const bucket = bucketOf(userId);
    this.buckets[bucket] = ((this.buckets[bucket] ?? 0) + hash) >>> 0;
    this.count += 1;
  }

  /** One number for all buckets. */
  get hash(): number {
    return textHash(this.buckets.join());
  }

  /** The buckets in which another server has something else. */
  differingFrom(buckets: readonly number[]): number[] {
    return this.buckets.flatMap((hash, bucket) => (hash === buckets[bucket] ? [] : [bucket]));
  }
}
