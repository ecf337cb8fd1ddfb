import type { ConversationId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { MemberPosition } from './position-plan.ts';
import type { ChatRepository } from './repository.ts';

export interface PositionWriterOptions {
  readonly repository: Pick<ChatRepository, 'raisePositions'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long positions are gathered before they are stored, ms. */
  readonly everyMs: number;
}

const mostAtOnce = 500;
const retryAfterMs = 1_000;

/**
 * Stores how far people have read and received. Only the highest counts, so what changes often is stored once; while SQL is
 * away it waits here.
 */
export class PositionWriter {
  readonly #options: PositionWriterOptions;
  #waiting = new Map<string, MemberPosition>();
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: PositionWriterOptions) {
    this.#options = options;
  }

  /** What is not stored yet. */
  waiting(conversationId: ConversationId, userId: UserId): MemberPosition | undefined {
    return this.#waiting.get(`${conversationId}/${userId}`);
  }

  raise(position: MemberPosition): void {
    this.#merge(position);
    this.#schedule(this.#options.everyMs);
  }

  /** Stores what is waiting, as far as SQL takes it now. */
  async flush(): Promise<void> {
    this.#timer?.stop();
    this.#timer = undefined;
    await this.#writing;
    while (this.#waiting.size > 0 && (await this.#write()));
  }

  /** Writes a last time. */
  async stop(): Promise<void> {
    await this.flush();
    this.#timer?.stop();
    if (this.#waiting.size > 0)
      this.#options.logger.warn('Read positions could not be stored', { positions: this.#waiting.size });
  }

  #merge(position: MemberPosition): void {
    const key = `${position.conversationId}/${position.userId}`;
    const known = this.#waiting.get(key);
    const read = Math.max(position.read, known?.read ?? 0);
    this.#waiting.set(key, { ...position, read, delivered: Math.max(position.delivered, read, known?.delivered ?? 0) });
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
    const keys = [...this.#waiting.keys()].slice(0, mostAtOnce);
    const batch = keys.flatMap((key) => this.#waiting.get(key) ?? []);
    try {
      await this.#options.repository.raisePositions(batch);
    } catch (error) {
      if (error instanceof UCError) return false;
      // What SQL refuses it would refuse for ever; a read mark is not worth more than this line.
      this.#options.logger.error('The database refuses read positions', { positions: batch.length, error });
    }
    for (const [index, key] of keys.entries()) if (this.#waiting.get(key) === batch[index]) this.#waiting.delete(key);
    return true;
  }
}
