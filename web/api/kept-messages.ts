import type { Client } from './client.ts';
import type { KeptMessage } from './client-store.ts';
import type { LiveConversation } from './conversation.ts';
import { writtenOf } from './outgoing-queue.ts';

export interface KeptMessagesOptions {
  readonly client: Client;
  readonly all: () => Iterable<LiveConversation>;
  /** The conversation a message was written in, if this user still has it. @throws UCError */
  readonly conversationOf: (message: KeptMessage) => Promise<LiveConversation | undefined>;
}

/** Texts that no server has acknowledged yet, kept so that a reload of the page loses none. */
export class KeptMessages {
  readonly #options: KeptMessagesOptions;
  #keeping: Promise<void> | undefined;

  constructor(options: KeptMessagesOptions) {
    this.#options = options;
  }

  /** Sends what an earlier life of this client could not. @throws UCError */
  async send(): Promise<void> {
    const { client, conversationOf } = this.#options;
    const kept = (await client.store.get('outgoing')) ?? [];
    for (const message of kept) {
      if (message.userId !== client.userId) continue;
      const live = await conversationOf(message);
      live?.sendKept({ ...writtenOf(message), entryId: message.entryId, at: message.at });
    }
  }

  /** Keeps what is on its way now; writes follow each other, the last one with what is there then. */
  keep(): void {
    this.#keeping ??= Promise.resolve().then(async () => {
      this.#keeping = undefined;
      await this.#options.client.store.set('outgoing', this.#unacknowledged());
    });
  }

  #unacknowledged(): KeptMessage[] {
    const { client, all } = this.#options;
    const { userId } = client;
    if (userId === undefined) return [];
    return [...all()].flatMap(({ id, log, partner, outgoing }) =>
      outgoing.map((message) => {
        const kept = { ...writtenOf(message), userId, partner, entryId: message.entryId, at: message.at };
        return log.kind === 'direct' ? kept : { ...kept, conversationId: id };
      }),
    );
  }
}
