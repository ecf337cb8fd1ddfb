import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, incarnationId, type UserId } from '#shared/ids.ts';
import { type PresenceStateRecord, presenceStateSchema } from '#shared/mesh/contracts/presence.ts';
import type { RedisConnection } from '#shared/redis/connection.ts';
import type { Keys } from '#shared/redis/keys.ts';
import type { RecordSigner } from '#shared/redis/records.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';

export interface PresenceStoreOptions {
  readonly cluster: Pick<Cluster, 'mayWrite' | 'self'> & { readonly redis: Pick<RedisConnection, 'state' | 'use'> };
  readonly keys: Keys;
  readonly signer: RecordSigner;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the next owner should know now; `undefined`: the user is not owned here any more. */
  readonly recordOf: (userId: UserId) => PresenceStateRecord | undefined;
}

/** A user's record is written at most this often. */
const writeEveryMs = 100;
/** What is to be kept before it is acknowledged is written at once, but not more often than this: while much changes it shares writes. */
const keepEveryMs = 50;
const expirySeconds = 3_600;
const batchSize = 500;

/**
 * Leaves in Redis what the next owner must know of this server's users if it dies. Nobody else reads it, so it is written
 * behind the changes: the last value of each user, together with those of others. Only what people set by hand is acknowledged, and
 * written before that.
 */
export class PresenceStore {
  readonly #options: PresenceStoreOptions;
  readonly #changed = new Set<UserId>();
  #timer: Timer | undefined;
  #writing = false;
  #keeping: { readonly users: Set<UserId>; readonly done: Promise<void> } | undefined;
  #keptMs = Number.NEGATIVE_INFINITY;

  constructor(options: PresenceStoreOptions) {
    this.#options = options;
  }

  /** This user's record is to be written, or removed when the user is not owned here any more. */
  touch(userId: UserId): void {
    // It is about to be written anyway, as it is then.
    if (this.#keeping?.users.has(userId)) return;
    this.#changed.add(userId);
    this.#later();
  }

  /**
   * Writes this user's record at once or, when others were written just before, with those that follow within 50 ms. Never
   * rejects: without Redis nothing is kept.
   */
  keep(userId: UserId): Promise<void> {
    this.#keeping ??= this.#keepSoon();
    this.#keeping.users.add(userId);
    return this.#keeping.done;
  }

  /** What an owner left behind. Never rejects: without Redis there is nothing to be had. */
  async leftBy(owner: Incarnation, userId: UserId): Promise<PresenceStateRecord | undefined> {
    const { cluster, keys, signer, logger } = this.#options;
    if (cluster.redis.state !== 'up') return undefined;
    const key = keys.userState(incarnationId(owner), userId);
    try {
      const text = await cluster.redis.use((client) => client.get(key));
      return text === null ? undefined : signer.verify(key, presenceStateSchema, text);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) logger.warn('What an owner left could not be read', { userId, error });
      return undefined;
    }
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
    this.#changed.clear();
  }

  #keepSoon(): { readonly users: Set<UserId>; readonly done: Promise<void> } {
    const { clock } = this.#options;
    const users = new Set<UserId>();
    const done = new Promise<void>((resolve) => {
      clock.after(Math.max(0, this.#keptMs + keepEveryMs - clock.monotonicMs()), () => {
        this.#keeping = undefined;
        this.#keptMs = clock.monotonicMs();
        for (const each of users) this.#changed.delete(each);
        void this.#put([...users]).then(resolve);
      });
    });
    return { users, done };
  }

  #later(): void {
    if (this.#timer || this.#writing || this.#changed.size === 0) return;
    this.#timer = this.#options.clock.after(writeEveryMs, () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    const { cluster } = this.#options;
    // What was not written now is written anew after Redis is back, for all users.
    if (!cluster.mayWrite || cluster.redis.state !== 'up') {
      this.#changed.clear();
      return;
    }
    const users = [...this.#changed].slice(0, batchSize);
    for (const userId of users) this.#changed.delete(userId);
    this.#writing = true;
    await this.#put(users);
    this.#writing = false;
    this.#later();
  }

  async #put(users: readonly UserId[]): Promise<void> {
    const { cluster, keys, signer, logger, recordOf } = this.#options;
    if (!cluster.mayWrite || cluster.redis.state !== 'up') return;
    const self = incarnationId(cluster.self);
    try {
      const commands = users.map((userId): [string, ...(string | number)[]] => {
        const key = keys.userState(self, userId);
        const record = recordOf(userId);
        return record ? ['set', key, signer.sign(key, record), 'EX', expirySeconds] : ['del', key];
      });
      const [only] = commands;
      // Most of the time it is one, for which a pipeline would cost more than the command.
      await cluster.redis.use((client) =>
        only && commands.length === 1 ? client.call(...only) : client.pipeline(commands).exec(),
      );
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) logger.warn('The state of users could not be written to Redis', { error });
    }
  }
}
