import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { UserId } from '#shared/ids.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { OwnershipConfig } from './config.ts';
import type { Ownings } from './service.ts';
import { asChange, Buried, type OwnerStore } from './store.ts';

const batchSize = 200;
const lookEveryMs = 500;

export interface AssertionOptions {
  readonly cluster: Cluster;
  readonly ownings: Ownings;
  readonly store: OwnerStore;
  readonly config: OwnershipConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Makes the index in Redis say what this server owns: all users after Redis came back or another Redis answers, single users
 * that were taken while it was away.
 */
export class Assertion {
  readonly #options: AssertionOptions;
  #running = false;

  constructor(options: AssertionOptions) {
    this.#options = options;
  }

  start(): Unsubscribe {
    const { cluster, ownings, clock } = this.#options;
    const stopBack = cluster.onRedisBack(() => {
      for (const userId of ownings.owned()) ownings.unsettled.add(userId);
      void this.#run();
    });
    const stopRebirth = cluster.onRebirth(() => void this.#liveAgain());
    const look = clock.every(lookEveryMs, () => void this.#run());
    return () => {
      stopBack();
      stopRebirth();
      look.stop();
    };
  }

  async #run(): Promise<void> {
    const { cluster, ownings, clock, logger, config } = this.#options;
    if (this.#running || (ownings.unsettled.size === 0 && ownings.unreleased.size === 0)) return;
    if (cluster.redis.state !== 'up' || !cluster.mayWrite) return;
    this.#running = true;
    try {
      await this.#release();
      const pauseMs = config.assertWithinMs / Math.max(1, Math.ceil(ownings.unsettled.size / batchSize));
      while (ownings.unsettled.size > 0) {
        await this.#assert([...ownings.unsettled].slice(0, batchSize));
        if (ownings.unsettled.size > 0) await new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
      }
    } catch (error) {
      // It goes on when Redis is back, a buried incarnation with its next life.
      if (!(error instanceof RedisUnavailable || error instanceof Buried)) logger.error('Owners were not written', { error });
    } finally {
      this.#running = false;
    }
  }

  async #assert(userIds: readonly UserId[]): Promise<void> {
    const { cluster, ownings, store } = this.#options;
    const users = userIds.flatMap((userId) => {
      const term = ownings.termOf(userId);
      return term === undefined ? [] : [{ userId, term }];
    });
    const higher = users.length === 0 ? new Map() : await store.assert(cluster.self, users);
    for (const userId of userIds) {
      ownings.unsettled.delete(userId);
      const found = higher.get(userId);
      if (!found) continue;
      const isRival = found.owner && cluster.members.isLive(found.owner.owner);
      if (isRival) ownings.receive(asChange(userId, found.owner));
      else await ownings.retake(userId);
    }
  }

  async #release(): Promise<void> {
    const { ownings, store } = this.#options;
    const released = [...ownings.unreleased];
    await store.release(released.map(([userId, { term, incarnation }]) => ({ userId, term, owner: incarnation })));
    for (const [userId, owner] of released) if (ownings.unreleased.get(userId) === owner) ownings.unreleased.delete(userId);
  }

  /** Under a new incarnation: what nobody else owns is taken anew, the rest is lost to whoever has it. */
  async #liveAgain(): Promise<void> {
    const { ownings, logger } = this.#options;
    const held = [...ownings.owned()];
    for (let at = 0; at < held.length; at += batchSize) {
      const outcomes = await Promise.allSettled(held.slice(at, at + batchSize).map((userId) => ownings.retake(userId)));
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') logger.error('A user could not be retaken', { error: outcome.reason });
      }
    }
  }
}
