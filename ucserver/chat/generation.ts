import type { ConversationId } from '#shared/ids.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { ChatRepository } from './repository.ts';

export interface GenerationOptions {
  readonly repository: Pick<ChatRepository, 'generation' | 'raiseGeneration'>;
  readonly logger: Logger;
  /** The database was restored: what is known of its conversations is void. */
  readonly onRaised: (generation: number) => void;
}

/**
 * The database generation, part of every cursor. It rises when a backup was restored, and when a conversation turns out to be
 * shorter than it was seen committed, which means the same.
 */
export class Generation {
  readonly #options: GenerationOptions;
  #value: number | undefined;

  constructor(options: GenerationOptions) {
    this.#options = options;
  }

  /** `undefined` until the database was read. */
  get value(): number | undefined {
    return this.#value;
  }

  /** Somebody has read it. A lower one than the known is from before the restore, and ignored. */
  observe(generation: number): void {
    if (this.#value === undefined) {
      this.#value = generation;
      return;
    }
    if (generation <= this.#value) return;
    this.#value = generation;
    this.#options.logger.warn('The database was restored: clients read their conversations anew', { generation });
    this.#options.onRaised(generation);
  }

  /** Reads it. @throws UCError `STORAGE_UNAVAILABLE`. */
  async read(): Promise<number> {
    this.observe(await this.#options.repository.generation());
    return this.#value ?? 0;
  }

  /** This number was seen committed but SQL does not seem to hold it: looks closely and raises the generation if so. */
  async doubt(conversationId: ConversationId, seen: number): Promise<void> {
    const generation = this.#value ?? (await this.read());
    this.observe(await this.#options.repository.raiseGeneration(generation, conversationId, seen));
  }
}
