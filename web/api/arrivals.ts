import type { Entry, EntryId, PendingEntry, UserId } from './types.ts';

/** How far somebody says that they have read, or received. */
interface Told {
  readonly read?: number;
  readonly delivered?: number;
}

export interface ArrivalsOptions {
  readonly self: UserId;
  /** Up to which number this user has read. */
  readonly readUpTo: () => number;
  /** Says how far this user has read or received. */
  readonly mark: (position: Told) => Promise<unknown>;
  /** Others' messages that have just arrived, in order. */
  readonly arrived: (entries: readonly (Entry | PendingEntry)[]) => void;
}

/** Announces each message of others once, and tells the servers how far this user has got. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  /** Messages that were announced before they had a number. */
  readonly #announced = new Set<EntryId>();
  #deliveredTold = 0;
  /** What the servers could not take, the furthest of each. */
  #untold: Told = {};

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

  /** Offers again what the servers could not take. */
  tellAgain(): void {
    const untold = this.#untold;
    if (untold.read === undefined && untold.delivered === undefined) return;
    this.#untold = {};
    this.#tell(untold);
  }

  #tell(position: Told): void {
    this.#options.mark(position).catch(() => {
      this.#untold = furthest(this.#untold, position);
    });
  }
}

function furthest(one: Told, other: Told): Told {
  const read = Math.max(one.read ?? 0, other.read ?? 0);
  const delivered = Math.max(one.delivered ?? 0, other.delivered ?? 0);
  return { ...(read > 0 ? { read } : {}), ...(delivered > 0 ? { delivered } : {}) };
}
