import { type Incarnation, type IncarnationId, incarnationId, parseIncarnation, type ServerId } from '../ids.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { RedisUnavailable } from '../redis/redis-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Board } from './board.ts';
import { LifeFile, nextLife } from './life.ts';
import type { MemberTable } from './members.ts';

export interface OwnLifeOptions {
  readonly serverId: ServerId;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly redis: RedisConnection;
  readonly board: Board;
  readonly members: () => MemberTable;
  readonly meshUrl: () => string;
  /** The present incarnation is over; what follows is one of the other two, soon. */
  readonly onDeath: () => void;
  readonly onRebirth: (now: Incarnation, before: Incarnation) => void;
  readonly onReplaced: () => void;
}

/** The lives of this very server: how one begins, and what happens when it turns out to be over. */
export class OwnLife {
  readonly #options: OwnLifeOptions;
  readonly #file: LifeFile;
  #life = 0;
  #changing = false;
  #replaced = false;

  constructor(options: OwnLifeOptions) {
    this.#options = options;
    this.#file = new LifeFile(options.dataFolder);
  }

  get incarnation(): Incarnation {
    return { serverId: this.#options.serverId, life: this.#life };
  }

  get id(): IncarnationId {
    return incarnationId(this.incarnation);
  }

  /** Another process lives as this server; this one must end. */
  get replaced(): boolean {
    return this.#replaced;
  }

  /** Begins the next life, also without Redis. @throws Error when it cannot be written to the server's folder. */
  async begin(): Promise<void> {
    const { serverId, clock, board, members, logger } = this.#options;
    const own = this.#file.read();
    const seen = members().lives.get(serverId) ?? 0;
    let life = nextLife({ timeMs: clock.wallMs(), seen, own });
    try {
      const told = await board.read();
      const dead = told.tombstones.map(({ incarnation }) => parseIncarnation(incarnation));
      const lives = [...told.members, ...dead].filter((each) => each.serverId === serverId).map((each) => each.life);
      life = await board.beginLife(serverId, Math.max(seen, own, ...lives) + 1);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      logger.warn('A life begins without Redis', { error });
    }
    this.#file.write(life);
    this.#life = life;
    logger.info('A life begins', { life });
  }

  /**
   * The present life is over: Redis or a peer said so. Ends in a new life, or in this process being the one too many. When it
   * cannot be found out which, nothing changes, and the next refused heartbeat leads here again.
   */
  async end(): Promise<void> {
    if (this.#changing || this.#replaced) return;
    this.#changing = true;
    this.#options.onDeath();
    try {
      if (await this.#otherProcessLives()) this.#beReplaced();
      else await this.#beBornAgain();
    } catch (error) {
      this.#options.logger.warn('How to go on after this life could not be found out yet', { error });
    } finally {
      this.#changing = false;
    }
  }

  /** Whether a process other than this one lives as this server, in a higher life. */
  async #otherProcessLives(): Promise<boolean> {
    const { redis, board, members, serverId, meshUrl } = this.#options;
    if (redis.state === 'down') return false;
    const others = (await board.read()).members.filter(
      (each) => each.serverId === serverId && each.life > this.#life && each.meshUrl !== meshUrl(),
    );
    return (await Promise.all(others.map((other) => members().livesAt(other)))).includes(true);
  }

  #beReplaced(): void {
    this.#replaced = true;
    this.#options.logger.error('Another process lives as this server: this one must end', { life: this.#life });
    this.#options.onReplaced();
  }

  async #beBornAgain(): Promise<void> {
    const before = this.incarnation;
    const id = this.id;
    this.#options.logger.warn('This incarnation was buried, a new life begins', { life: before.life });
    this.#options.members().learn([{ incarnation: id, by: id, reason: 'silent' }]);
    await this.begin();
    this.#options.onRebirth(this.incarnation, before);
  }
}
