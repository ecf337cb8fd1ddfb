import type { Redis } from 'ioredis';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { commandTimeoutMs, createRedisClient } from './client.ts';
import type { RedisConfig } from './config.ts';
import { asRedisError, RedisUnavailable } from './redis-error.ts';
import { runScript, type Script } from './script.ts';

/** How often the connection proves itself and reads the time of Redis. */
const proofPeriodMs = 500;
/** How long a changing script may be under way. */
const scriptLifeMs = 1_000;
const oldestRedis = 7;

export interface RedisConnectionOptions {
  readonly config: RedisConfig;
  /** Appears in `CLIENT LIST`. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How Redis came back. */
export interface RedisReturn {
  /** Another process answers than before (restart, fail-over), or it was emptied: what was written may be lost. */
  readonly runIdChanged: boolean;
}

/**
 * The connection of one server to Redis: plain or through Sentinel, watched, never queueing. Commands fail with
 * {@link RedisUnavailable} at once while it is down and after 1 s at the latest.
 */
export class RedisConnection {
  /** For reads and plain commands of stores, best through {@link use}. */
  readonly client: Redis;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #upListeners = new Set<(how: RedisReturn) => void>();
  readonly #downListeners = new Set<() => void>();
  readonly #runIdListeners = new Set<() => void>();
  #up = false;
  #runId: string | undefined;
  #runIdChangedSinceUp = false;
  /** Redis TIME less our monotonic time, both in ms: a little less than the truth. */
  #timeOffsetMs: number | undefined;
  #proof: Timer | undefined;
  #problem: string | undefined;

  constructor({ config, name, clock, logger }: RedisConnectionOptions) {
    this.#clock = clock;
    this.#logger = logger.child({ part: 'redis' });
    this.client = createRedisClient(config, name, this.#logger);
    this.client.on('ready', () => void this.#prove());
    this.client.on('close', () => this.#wentDown());
  }

  get state(): 'up' | 'down' {
    return this.#up ? 'up' : 'down';
  }

  /** Names the Redis process that answers: another one may have lost what was written last. `undefined` before the first answer. */
  get runId(): string | undefined {
    return this.#runId;
  }

  /** What is wrong with this Redis (version, eviction policy) although it answers; for `/readyz` and the log. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Begins to connect and goes on trying for ever.
   * @returns whether Redis answered within `waitMs`; a server starts without it too.
   * @throws Error when Redis answers but must not be used: older than 7, or it evicts keys (`maxmemory-policy` is not `noeviction`).
   */
  async open(waitMs = 2_000): Promise<boolean> {
    this.#proof = this.#clock.every(proofPeriodMs, () => void this.#prove());
    const answered = new Promise<boolean>((resolve) => {
      const timer = this.#clock.after(waitMs, () => resolve(false));
      const stop = this.onUp(() => {
        timer.stop();
        stop();
        resolve(true);
      });
    });
    // Rejects with the first failure, while ioredis goes on trying.
    this.client.connect().catch((error) => this.#logger.warn('Redis does not answer yet', { error }));
    const isUp = await answered;
    if (this.#problem !== undefined) {
      this.close();
      throw new Error(this.#problem);
    }
    return isUp;
  }

  close(): void {
    this.#proof?.stop();
    this.#wentDown();
    this.client.disconnect();
  }

  /** Runs a script; a changing one has no effect when Redis gets to it more than 1 s after this call. @throws RedisUnavailable */
  async run<Key extends string, Arg extends string, Reply>(
    script: Script<Key, Arg, Reply>,
    keys: Readonly<Record<Key, string>>,
    args: Readonly<Record<Arg, string | number>>,
  ): Promise<Reply> {
    try {
      return await runScript(this.client, script, keys, args, this.timeMs() + scriptLifeMs);
    } catch (error) {
      throw asRedisError(error);
    }
  }

  /** Uses the client, with its failures turned into {@link RedisUnavailable}. */
  async use<Reply>(act: (client: Redis) => Promise<Reply>): Promise<Reply> {
    try {
      return await act(this.client);
    } catch (error) {
      throw asRedisError(error);
    }
  }

  /** The time of Redis (ms since 1970), estimated from its last answer. @throws RedisUnavailable before the first answer and while down. */
  timeMs(): number {
    if (this.#timeOffsetMs === undefined) throw new RedisUnavailable('away', 'its time is not known');
    return this.#clock.monotonicMs() + this.#timeOffsetMs;
  }

  /** Redis answers again (or for the first time). */
  onUp(listener: (how: RedisReturn) => void): () => void {
    this.#upListeners.add(listener);
    return () => this.#upListeners.delete(listener);
  }

  onDown(listener: () => void): () => void {
    this.#downListeners.add(listener);
    return () => this.#downListeners.delete(listener);
  }

  /** Another Redis process answers than before; called just before `onUp`. */
  onRunIdChanged(listener: () => void): () => void {
    this.#runIdListeners.add(listener);
    return () => this.#runIdListeners.delete(listener);
  }

  /**
   * What was written is gone although the same process answers (`FLUSHALL`): from here on it is as if another process had come
   * back in its place.
   */
  foundEmpty(): void {
    this.#logger.error('Redis was emptied while it ran');
    this.#runIdChangedSinceUp = true;
    this.#wentDown();
    void this.#prove();
  }

  async #prove(): Promise<void> {
    if (this.client.status !== 'ready') return;
    try {
      if (!this.#up) await this.#examine();
      const [seconds, micros] = await this.client.time();
      this.#timeOffsetMs = Number(seconds) * 1_000 + Number(micros) / 1_000 - this.#clock.monotonicMs();
    } catch (error) {
      this.#logger.warn('Redis did not answer, connecting anew', { error, withinMs: commandTimeoutMs });
      this.#wentDown();
      if (this.client.status === 'ready') this.client.disconnect(true);
      return;
    }
    this.#cameUp();
  }

  /** Reads what may only be learnt from a new connection: which process answers, and whether it may be used. */
  async #examine(): Promise<void> {
    const facts = new Map(
      (await this.client.info())
        .split('\r\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
    );
    const version = facts.get('redis_version') ?? '0';
    const policy = facts.get('maxmemory_policy') ?? 'unknown';
    if (Number.parseInt(version, 10) < oldestRedis)
      this.#problem = `Redis is version ${version}, ${oldestRedis} or newer is needed`;
    else if (policy !== 'noeviction') this.#problem = `maxmemory-policy of Redis is "${policy}", it must be "noeviction"`;
    else this.#problem = undefined;
    if (this.#problem !== undefined) this.#logger.error(this.#problem);

    const runId = facts.get('run_id');
    const changed = this.#runId !== undefined && runId !== this.#runId;
    this.#runId = runId;
    if (changed) this.#runIdChangedSinceUp = true;
  }

  #cameUp(): void {
    if (this.#up || this.client.status !== 'ready') return;
    this.#up = true;
    const runIdChanged = this.#runIdChangedSinceUp;
    this.#runIdChangedSinceUp = false;
    this.#logger.info('Redis is up', { runIdChanged });
    if (runIdChanged) for (const listener of this.#runIdListeners) listener();
    for (const listener of this.#upListeners) listener({ runIdChanged });
  }

  #wentDown(): void {
    this.#timeOffsetMs = undefined;
    if (!this.#up) return;
    this.#up = false;
    this.#logger.warn('Redis is down');
    for (const listener of this.#downListeners) listener();
  }
}
