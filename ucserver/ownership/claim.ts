import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { Incarnation, UserId } from '#shared/ids.ts';
import type { OwnerChangeRecord } from '#shared/mesh/contracts/ownership.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { sameIncarnation } from './incarnation.ts';
import type { OwnerMap } from './owner-map.ts';
import { asChange, Buried, type OwnerStore } from './store.ts';

/** The right to own a user under a term; not `settled` when Redis could not say so. */
export interface Claim {
  readonly term: number;
  readonly self: Incarnation;
  readonly settled: boolean;
}

export interface ClaimsOptions {
  readonly cluster: Cluster;
  readonly store: OwnerStore;
  readonly map: OwnerMap;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another living server was found to be the owner. */
  readonly onFound: (change: OwnerChangeRecord) => void;
}

const mostTries = 5;
const waitToWriteMs = 1_000;

/** Draws the next term of a user: by compare-and-set in Redis, or from what is known here while Redis is away. */
export class Claims {
  readonly #options: ClaimsOptions;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** Writes into the index that this server is owner, or goes on without it while Redis is away. */
  async claim(userId: UserId, saw: Incarnation | undefined): Promise<Claim | { readonly ownedBy: Incarnation }> {
    const { cluster, store, map, logger, onFound } = this.#options;
    const { self } = cluster;
    const known = map.known(userId);
    let seen = known?.owned ? store.record(userId, known) : '';
    let term = Math.max((known?.term ?? 0) + 1, this.#lowestTerm());
    for (let attempt = 1; attempt <= mostTries && (await this.#mayWrite()); attempt++) {
      const found = await store.take(userId, seen, { term, owner: self }).catch((error: unknown) => {
        if (error instanceof Buried) throw new UCError('SHUTTING_DOWN', undefined, { retryAfterMs: 500 });
        if (!(error instanceof RedisUnavailable)) throw error;
        logger.info('Taking a user without Redis', { userId, failure: error.failure });
        return 'alone' as const;
      });
      if (found === undefined) return { term, self, settled: true };
      if (found === 'alone') break;
      const standing = found.owner;
      const free = !standing || sameIncarnation(standing.owner, self) || sameIncarnation(standing.owner, saw);
      if (!free && cluster.members.isLive(standing.owner)) {
        onFound(asChange(userId, standing));
        return { ownedBy: standing.owner };
      }
      term = Math.max(term, (standing?.term ?? 0) + 1);
      seen = found.raw;
    }
    return { term, self, settled: false };
  }

  /**
   * The time, in ms since 1970: so terms rise also when this server has not heard yet of an earlier term, and after all memory of
   * a user was lost. The clock of Redis, which all servers share, unless it is away.
   */
  #lowestTerm(): number {
    const { cluster, clock } = this.#options;
    return Math.floor(cluster.redis.state === 'up' ? cluster.redis.timeMs() : clock.wallMs());
  }

  /** Whether the index may be written now; waits a moment for the permission when Redis answers. */
  async #mayWrite(): Promise<boolean> {
    const { cluster, clock } = this.#options;
    if (cluster.redis.state !== 'up') return false;
    if (cluster.mayWrite) return true;
    const tooLong = new Promise<void>((resolve) => void clock.after(waitToWriteMs, resolve));
    await Promise.race([cluster.untilMayWrite(), tooLong]);
    return cluster.mayWrite;
  }
}
