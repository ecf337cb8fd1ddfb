import { UCError } from '#shared/protocol/errors.ts';
import { type ShownMessage, shownMessages } from './chat-view.ts';
import type { Client } from './client.ts';
import type { ConversationId, Entry, EntryId, PendingEntry } from './types.ts';

const gatherMs = 20;
const againMs = 3_000;
const mostPerRequest = 200;

export interface QuotedMessagesOptions {
  readonly client: Client;
  readonly conversationId: ConversationId;
  readonly changed: () => void;
}

/** Messages that others answer but that are not held: read together, once each. */
export class QuotedMessages {
  readonly #options: QuotedMessagesOptions;
  readonly #known = new Map<EntryId, ShownMessage | null>();
  readonly #asked = new Set<EntryId>();
  #waiting: EntryId[] = [];

  constructor(options: QuotedMessagesOptions) {
    this.#options = options;
  }

  /** `undefined` while it is being read, `null` when this user cannot see it. */
  get(entryId: EntryId): ShownMessage | null | undefined {
    const known = this.#known.get(entryId);
    if (known === undefined && !this.#asked.has(entryId)) this.#ask(entryId);
    return known;
  }

  /** An entry has arrived; what it names is read anew when it is wanted again. */
  heard({ body }: Entry | PendingEntry): void {
    this.#known.delete(body.target as EntryId);
  }

  /** Texts up to a number are no longer kept; what was read of them is read anew when it is wanted again. */
  emptied(upTo: number): void {
    for (const [entryId, message] of this.#known) if ((message?.seq ?? upTo + 1) <= upTo) this.#known.delete(entryId);
  }

  #ask(entryId: EntryId): void {
    this.#asked.add(entryId);
    if (this.#waiting.push(entryId) === 1) this.#options.client.clock.after(gatherMs, () => void this.#read());
  }

  async #read(): Promise<void> {
    const { client, conversationId, changed } = this.#options;
    const entryIds = this.#waiting.slice(0, mostPerRequest);
    this.#waiting = this.#waiting.slice(mostPerRequest);
    try {
      const { entries } = await client.call('chat.entries', { conversationId, entryIds });
      const found = new Map(shownMessages(entries).map((message) => [message.entryId, message]));
      for (const entryId of entryIds) this.#known.set(entryId, found.get(entryId) ?? null);
      changed();
      for (const entryId of entryIds) this.#asked.delete(entryId);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      // Asked again when it is still wanted then.
      client.clock.after(againMs, () => {
        for (const entryId of entryIds) this.#asked.delete(entryId);
        changed();
      });
    }
    if (this.#waiting.length > 0) void this.#read();
  }
}
