import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import { emptiedBody, type StoredEntry } from './commit-plan.ts';
import { targetOf } from './entry-target.ts';

/** Entries that are kept of each active conversation. */
export const recentEntries = 50;

interface Recent {
  readonly members: readonly UserId[];
  /** Ascending, cut to its newest part now and then; some in between may be missing. */
  readonly entries: StoredEntry[];
}

/** How far a conversation has got. */
export interface RecentHead {
  readonly conversationId: ConversationId;
  readonly members: readonly UserId[];
  readonly last: StoredEntry;
}

/**
 * The last entries that this server has committed, told or read, of the conversations that were active most recently: for servers
 * that missed one, and for clients while SQL is away.
 */
export class RecentEntries {
  readonly #most: number;
  /** In the order of their last use. */
  readonly #byId = new Map<ConversationId, Recent>();

  /** @param most conversations that are kept */
  constructor(most: number) {
    this.#most = most;
  }

  /** Adds an entry, in whatever order they come; one that is there already does nothing. */
  add(entry: StoredEntry, members: readonly UserId[]): void {
    const id = entry.conversationId;
    const recent = this.#byId.get(id);
    const entries = recent?.entries ?? [];
    if (recent !== undefined && entry.seq <= (entries.at(-1)?.seq ?? 0)) {
      insert(entries, entry);
      return;
    }
    this.#byId.delete(id);
    if (entry.kind === 'delete') emptyTarget(entries, entry);
    entries.push(entry);
    if (entries.length >= 2 * recentEntries) entries.splice(0, entries.length - recentEntries);
    this.#byId.set(id, { members, entries });
    if (recent === undefined) this.#forgetOldest();
  }

  /** The entries that follow a number without a gap, at most `limit`; none when that is not known here. */
  after(conversationId: ConversationId, seq: number, limit: number): readonly StoredEntry[] {
    const entries = this.#byId.get(conversationId)?.entries ?? [];
    const from = entries.findIndex((entry) => entry.seq === seq + 1);
    if (from < 0) return [];
    let end = from + 1;
    while (end < entries.length && end - from < limit && entries[end]?.seq === seq + 1 + end - from) end++;
    return entries.slice(from, end);
  }

  /** The last entries before a number without a gap, ascending, at most `limit`; none when that before it is not known here. */
  before(conversationId: ConversationId, seq: number, limit: number): readonly StoredEntry[] {
    const entries = this.#byId.get(conversationId)?.entries ?? [];
    const end = entries.findLastIndex((entry) => entry.seq < seq) + 1;
    const last = entries[end - 1]?.seq;
    if (last === undefined || (end < entries.length && last !== seq - 1)) return [];
    let begin = end - 1;
    while (begin > 0 && end - begin < limit && entries[begin - 1]?.seq === last - (end - begin)) begin--;
    return entries.slice(begin, end);
  }

  /** Everything after a number up to the last one known here; `undefined` when something is missing in between. */
  since(conversationId: ConversationId, seq: number): readonly StoredEntry[] | undefined {
    const last = this.last(conversationId)?.seq;
    if (last === undefined || last < seq) return undefined;
    const entries = this.after(conversationId, seq, last - seq);
    return entries.length === last - seq ? entries : undefined;
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

/** Puts an entry where it belongs, before later ones. */
function insert(entries: StoredEntry[], entry: StoredEntry): void {
  const at = entries.findLastIndex(({ seq }) => seq <= entry.seq);
  // One older than all that are kept would be the next to go.
  if (entries[at]?.seq === entry.seq || (at < 0 && entries.length >= recentEntries)) return;
  const isGone = entries.some((later) => later.kind === 'delete' && concerns(entry, targetOf(later)));
  entries.splice(at + 1, 0, isGone ? { ...entry, body: emptiedBody } : entry);
  if (entry.kind === 'delete') emptyTarget(entries, entry);
}

/** Whether an entry carries a text of this message. */
function concerns(entry: StoredEntry, message: EntryId | undefined): boolean {
  return entry.entryId === message || (entry.kind === 'edit' && targetOf(entry) === message);
}

/** What was taken back is not given to those who missed it. */
function emptyTarget(entries: StoredEntry[], deleted: StoredEntry): void {
  const target = targetOf(deleted);
  for (const [index, entry] of entries.entries()) {
    if (concerns(entry, target)) entries[index] = { ...entry, body: emptiedBody };
  }
}
