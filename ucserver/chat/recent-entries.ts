import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import { emptiedBody, type StoredEntry } from './commit-plan.ts';
import { targetOf } from './entry-target.ts';

/** Entries that are kept of each active conversation. */
export const recentEntries = 50;

interface Recent {
  readonly members: readonly UserId[];
  /** Ascending, contiguous, cut to its newest part now and then. */
  readonly entries: StoredEntry[];
}

/** How far a conversation has got. */
export interface RecentHead {
  readonly conversationId: ConversationId;
  readonly members: readonly UserId[];
  readonly last: StoredEntry;
}

/** The last entries that this server has committed, of the conversations that were active most recently, for servers that missed one. */
export class RecentEntries {
  readonly #most: number;
  /** In the order of their last use. */
  readonly #byId = new Map<ConversationId, Recent>();

  /** @param most conversations that are kept */
  constructor(most: number) {
    this.#most = most;
  }

  /** Adds an entry; one that does not follow the last one starts anew, one that is there already does nothing. */
  add(entry: StoredEntry, members: readonly UserId[]): void {
    const id = entry.conversationId;
    const recent = this.#byId.get(id);
    const lastSeq = recent?.entries.at(-1)?.seq ?? -1;
    if (recent !== undefined && entry.seq <= lastSeq) return;
    this.#byId.delete(id);
    if (recent === undefined || entry.seq !== lastSeq + 1) {
      this.#byId.set(id, { members, entries: [entry] });
      this.#forgetOldest();
      return;
    }
    if (entry.kind === 'delete') emptyTarget(recent.entries, entry);
    recent.entries.push(entry);
    if (recent.entries.length >= 2 * recentEntries) recent.entries.splice(0, recent.entries.length - recentEntries);
    this.#byId.set(id, { members, entries: recent.entries });
  }

  /** The entries that follow a number without a gap, at most `limit`; none when that is not known here. */
  after(conversationId: ConversationId, seq: number, limit: number): readonly StoredEntry[] {
    const entries = this.#byId.get(conversationId)?.entries;
    const from = entries?.findIndex((entry) => entry.seq === seq + 1) ?? -1;
    return entries === undefined || from < 0 ? [] : entries.slice(from, from + limit);
  }

  /** The last entries before a number, ascending; none when that before it is not known here. */
  before(conversationId: ConversationId, seq: number, limit: number): readonly StoredEntry[] {
    const entries = this.#byId.get(conversationId)?.entries ?? [];
    const end = entries.findLastIndex((entry) => entry.seq < seq) + 1;
    const isNext = end === entries.length || entries[end]?.seq === seq;
    return isNext ? entries.slice(Math.max(0, end - limit), end) : [];
  }

  last(conversationId: ConversationId): StoredEntry | undefined {
    return this.#byId.get(conversationId)?.entries.at(-1);
  }

  find(conversationId: ConversationId, entryId: EntryId): StoredEntry | undefined {
    return this.#byId.get(conversationId)?.entries.findLast((entry) => entry.entryId === entryId);
  }

  membersOf(conversationId: ConversationId): readonly UserId[] | undefined {
    return this.#byId.get(conversationId)?.members;
  }

  /** Conversations of a person, in no order. */
  ofUser(userId: UserId): ConversationId[] {
    return [...this.#byId].filter(([, { members }]) => members.includes(userId)).map(([id]) => id);
  }

  /** How far the conversations have got, in the order of their ids, from after `after`. */
  *heads(after: string): Generator<RecentHead> {
    const ids = [...this.#byId.keys()].filter((id) => id > after).sort();
    for (const conversationId of ids) {
      const recent = this.#byId.get(conversationId);
      const last = recent?.entries.at(-1);
      if (recent !== undefined && last !== undefined) yield { conversationId, members: recent.members, last };
    }
  }

  /** What was written before (milliseconds since 1970) is given to nobody any more. */
  emptyBefore(before: number): void {
    for (const { entries } of this.#byId.values()) emptyWritten(entries, ({ at }) => at < before);
  }

  /** What was written in a conversation up to this number is given to nobody any more. */
  emptyUpTo(conversationId: ConversationId, upTo: number): void {
    emptyWritten(this.#byId.get(conversationId)?.entries ?? [], ({ seq }) => seq <= upTo);
  }

  clear(): void {
    this.#byId.clear();
  }

  #forgetOldest(): void {
    if (this.#byId.size <= this.#most) return;
    const [oldest] = this.#byId.keys();
    if (oldest !== undefined) this.#byId.delete(oldest);
  }
}

function emptyWritten(entries: StoredEntry[], isGone: (entry: StoredEntry) => boolean): void {
  for (const [index, entry] of entries.entries())
    if (isGone(entry) && (entry.kind === 'message' || entry.kind === 'edit')) entries[index] = { ...entry, body: emptiedBody };
}

/** What was taken back is not given to those who missed it. */
function emptyTarget(entries: StoredEntry[], deleted: StoredEntry): void {
  const target = targetOf(deleted);
  for (const [index, entry] of entries.entries()) {
    const concerns = entry.entryId === target || (entry.kind === 'edit' && targetOf(entry) === target);
    if (concerns) entries[index] = { ...entry, body: emptiedBody };
  }
}
