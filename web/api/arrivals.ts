import type { Entry, EntryId, PendingEntry, UserId } from './types.ts';

export interface ArrivalsOptions {
  readonly self: UserId;
  /** Up to which number this user has read. */
  readonly readUpTo: () => number;
  /** Says how far this user has read or received. */
  readonly mark: (position: { readonly read?: number; readonly delivered?: number }) => Promise<unknown>;
  /** Others' messages that have just arrived, in order. */
  readonly arrived: (entries: readonly (Entry | PendingEntry)[]) => void;
}

/** Announces each message of others once, and tells the servers how far this user has got. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  /** Messages that were announced before they had a number. */
  readonly #announced = new Set<EntryId>();
  #deliveredTold = 0;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** Entries that have just got into the log. */
  entries(arrived: readonly Entry[]): void {
    const { self, readUpTo } = this.#options;
    const messages = arrived.filter(({ author, kind, seq }) => author !== self && kind === 'message' && seq > readUpTo());
    if (messages.length === 0) return;
    const delivered = messages.at(-1)?.seq ?? 0;
    if (delivered > this.#deliveredTold) {
      this.#deliveredTold = delivered;
      this.#tell({ delivered });
    }
    // What was taken back before it came has nothing to say.
    const news = messages.filter(({ entryId, body }) => !this.#announced.delete(entryId) && body.text !== undefined);
    if (news.length > 0) this.#options.arrived(news);
  }

  pending(arrived: readonly PendingEntry[]): void {
    const { self } = this.#options;
    const news = arrived.filter(
      ({ author, kind, entryId }) => author !== self && kind === 'message' && !this.#announced.has(entryId),
    );
    for (const { entryId } of news) this.#announced.add(entryId);
    if (news.length > 0) this.#options.arrived(news);
  }

  tellRead(read: number): void {
    this.#tell({ read });
  }

  /** A mark that is not heard is made good by the next one; positions only grow. */
  #tell(position: { readonly read?: number; readonly delivered?: number }): void {
    this.#options.mark(position).catch(() => {
      if (position.delivered !== undefined) this.#deliveredTold = 0;
    });
  }
}
