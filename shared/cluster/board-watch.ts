import type { Bus } from '../mesh/bus.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Board } from './board.ts';
import type { MemberTable } from './members.ts';

/** How often what stands in Redis is compared with what was heard. */
const rereadMs = 5_000;
const retryMs = 250;

export interface BoardWatchOptions {
  readonly redis: RedisConnection;
  /** Where heartbeats are told. */
  readonly bus: Bus;
  readonly board: Board;
  readonly members: () => MemberTable;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What we remember stands in Redis again, and what stands there is known here. */
  readonly onBack: () => Promise<void>;
}

/**
 * Keeps what stands in Redis and what this server remembers the same: it hears every heartbeat, and after every return of Redis it
 * first puts back lives and tombstones that may be lost there, and reads what others put there; nothing is judged, taken or applied
 * before.
 */
export class BoardWatch {
  readonly #options: BoardWatchOptions;
  readonly #stops: (() => void)[] = [];
  #timer: Timer | undefined;
  #restored = false;
  #restoring = false;
  #stopped = false;

  constructor(options: BoardWatchOptions) {
    this.#options = options;
  }

  /** Redis is up and holds what we remember. */
  get restored(): boolean {
    return this.#restored;
  }

  /** Resolves when Redis, if it is up, has been brought up to date. */
  async start(): Promise<void> {
    const { redis, bus, board, members, clock } = this.#options;
    this.#stops.push(
      bus.subscribe(board.channel, (bytes) => {
        const record = board.readBeat(bytes.toString());
        if (record !== undefined) members().heard(record);
      }),
      redis.onUp(() => void this.#restore()),
      redis.onDown(() => {
        this.#restored = false;
      }),
    );
    this.#timer = clock.every(rereadMs, () => void this.#reread());
    await this.#restore();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.stop();
    for (const stop of this.#stops) stop();
  }

  async #restore(): Promise<void> {
    const { redis, board, members, clock, logger, onBack } = this.#options;
    if (this.#restoring) return;
    this.#restoring = true;
    while (redis.state === 'up' && !this.#restored && !this.#stopped) {
      try {
        await board.restore(members().lives, members().tombstones);
        await this.#read();
        this.#restored = redis.state === 'up';
      } catch (error) {
        logger.warn('Redis is back but does not take what we remember yet', { error });
        await new Promise<void>((resolve) => clock.after(retryMs, resolve));
      }
    }
    this.#restoring = false;
    if (this.#restored && !this.#stopped) await onBack();
  }

  async #read(): Promise<void> {
    const { board, members } = this.#options;
    const told = await board.read();
    members().learn(told.tombstones);
    for (const record of told.members) members().heard(record);
  }

  async #reread(): Promise<void> {
    if (!this.#restored) return;
    try {
      await this.#read();
    } catch (error) {
      this.#options.logger.debug('The members in Redis could not be read', { error });
    }
  }
}
