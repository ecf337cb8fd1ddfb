import type { ConversationId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { MemberPosition } from './position-plan.ts';
import type { PositionSpool } from './position-spool.ts';
import type { ChatRepository } from './repository.ts';

export interface PositionWriterOptions {
  readonly repository: Pick<ChatRepository, 'raisePositions'>;
  readonly spool: PositionSpool;
  /** Whether SQL can be written, as far as is known. */
  readonly canWrite: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long positions are gathered before they are stored, ms. */
  readonly everyMs: number;
}

const mostAtOnce = 500;
const retryAfterMs = 1_000;

/**
 * Stores how far people have read and received. Only the highest counts, so what changes often is stored once; while SQL is
 * away it waits in this server's spool.
 */
export class PositionWriter {
  readonly #options: PositionWriterOptions;
  #waiting = new Map<string, MemberPosition>();
  /** The last try failed. */
  #isAway = false;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: PositionWriterOptions) {
    this.#options = options;
  }

  /** Goes on with what an earlier life of this server could not store. */
  start(): void {
    for (const position of this.#options.spool.all()) this.#merge(position);
    if (this.#waiting.size > 0) this.#schedule(0);
  }

  /** What is not stored yet. */
  waiting(conversationId: ConversationId, userId: UserId): MemberPosition | undefined {
    return this.#waiting.get(keyOf({ conversationId, userId }));
  }

  /** Resolves at once while SQL is there; else when the position survives a crash. @throws UCError `STORAGE_UNAVAILABLE`. */
  async raise(position: MemberPosition): Promise<void> {
    const raised = this.#merge(position);
    this.#schedule(this.#options.everyMs);
    if (this.#isAway || !this.#options.canWrite()) await this.#keep([raised]);
  }

  /** Stores what is waiting, as far as SQL takes it now. */
  async flush(): Promise<void> {
    this.#timer?.stop();
    this.#timer = undefined;
    await this.#writing;
    while (this.#waiting.size > 0 && (await this.#write()));
  }

  /** Writes a last time; what SQL does not take is left in the spool. */
  async stop(): Promise<void> {
    await this.flush();
    this.#timer?.stop();
    await this.#options.spool.close();
  }

  #merge(position: MemberPosition): MemberPosition {
    const known = this.#waiting.get(keyOf(position));
    const read = Math.max(position.read, known?.read ?? 0);
    const merged = { ...position, read, delivered: Math.max(position.delivered, read, known?.delivered ?? 0) };
    this.#waiting.set(keyOf(position), merged);
    return merged;
  }

  #schedule(delayMs: number): void {
    this.#timer ??= this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#writing = this.#write()
        .then((stored) => this.#waiting.size > 0 && this.#schedule(stored ? this.#options.everyMs : retryAfterMs))
        .then(() => undefined);
    });
  }

  /** @returns whether SQL took them; never rejects. */
  async #write(): Promise<boolean> {
    const { repository, spool, logger } = this.#options;
    const keys = [...this.#waiting.keys()].slice(0, mostAtOnce);
    const batch = keys.flatMap((key) => this.#waiting.get(key) ?? []);
    try {
      await repository.raisePositions(batch);
    } catch (error) {
      if (error instanceof UCError) {
        await this.#away();
        return false;
      }
      // What SQL refuses it would refuse for ever; a read mark is not worth more than this line.
      logger.error('The database refuses read positions', { positions: batch.length, error });
    }
    this.#isAway = false;
    for (const [index, key] of keys.entries()) {
      const stored = batch[index];
      if (stored === undefined || this.#waiting.get(key) !== stored) continue;
      this.#waiting.delete(key);
      spool.stored(stored);
    }
    await this.#tidy();
    return true;
  }

  /** What came before that was known stands in memory only. */
  async #away(): Promise<void> {
    const isNews = !this.#isAway;
    this.#isAway = true;
    const kept = isNews ? this.#keep([...this.#waiting.values()]) : this.#tidy();
    await kept.catch((error: unknown) => this.#options.logger.error('Read positions could not be spooled', { error }));
  }

  async #keep(positions: readonly MemberPosition[]): Promise<void> {
    try {
      await this.#options.spool.keep(positions);
    } catch (error) {
      throw new UCError('STORAGE_UNAVAILABLE', undefined, { cause: error });
    }
  }

  #tidy(): Promise<void> {
    const { spool, logger } = this.#options;
    return spool.tidy().catch((error: unknown) => logger.warn('The spool of read positions could not be tidied', { error }));
  }
}

function keyOf({ conversationId, userId }: Pick<MemberPosition, 'conversationId' | 'userId'>): string {
  return `${conversationId}/${userId}`;
}
