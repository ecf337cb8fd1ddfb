import { type Description, described, descriptionOf } from './group-view.ts';
import type { Conversation, ConversationId, Cursor, Entry, EntryId, PendingEntry, Position, UserId } from './types.ts';

/** An entry that is pending as far as the log goes: it keeps its place there until the log holds it under its number. */
export interface WaitingEntry extends PendingEntry {
  /** Its number, once that is known. */
  readonly numbered?: number;
  /** The person has seen it. */
  readonly seen?: true;
}

/** What a client knows of one conversation: a piece of its log without gaps, up to the newest entry it has been told. Immutable. */
export interface ChatLog extends Description {
  readonly conversationId: ConversationId;
  readonly generation: number;
  /** The highest number that exists, as far as known; more than the last of `entries` while some are being fetched. */
  readonly head: number;
  /** Ascending, each number one more than that before it. */
  readonly entries: readonly Entry[];
  /** Entries without a number, because the database is away: in order, behind all numbered ones. */
  readonly pending: readonly WaitingEntry[];
  /** `entries` begins with the first entry of the conversation. */
  readonly complete: boolean;
  readonly positions: ReadonlyMap<UserId, Position>;
  /** Messages of others that the person has not seen, with and without a number. */
  readonly unread: number;
  /** Up to this number everything is in `unread`, also what is not held yet. */
  readonly countedUpTo: number;
}

/** How far a message of one's own has got. */
export type Delivery = 'sent' | 'delivered' | 'read';

/** The log as a list of conversations tells it. */
export function logOf(conversation: Conversation): ChatLog {
  const { conversationId, head, positions, unread, lastEntry, pending = [], partial, visibleFrom = 1 } = conversation;
  // An entry below the head would leave a gap; it is only good to show in the list, where the head will be fetched anyway.
  const entries = lastEntry && lastEntry.seq === head.seq ? [lastEntry] : [];
  return {
    ...descriptionOf(conversation),
    conversationId,
    generation: head.generation,
    head: head.seq,
    entries,
    pending,
    complete: (head.seq === 0 && !partial) || entries[0]?.seq === visibleFrom,
    positions: new Map(positions.map((position) => [position.userId, position])),
    unread,
    countedUpTo: partial ? 0 : head.seq,
  };
}

/** Number of the newest entry held; 0 when there is none. */
export function lastSeq({ entries }: ChatLog): number {
  return entries.at(-1)?.seq ?? 0;
}

export function cursorOf(log: ChatLog): Cursor {
  return { generation: log.generation, seq: lastSeq(log) };
}

/** Entries are missing between the newest one held and the head. */
export function isBehind(log: ChatLog): boolean {
  return log.head > lastSeq(log);
}

/**
 * The log after the server described the conversation again. A higher generation means that the database was restored: what is
 * held counts for nothing and is read anew. A description that is older than what is held, because an event overtook it, only
 * adds positions.
 */
export function withListing(log: ChatLog, conversation: Conversation, self: UserId): ChatLog {
  // Told from memory, it can say that there is more, but not that there is less.
  if (conversation.partial) {
    const known = conversation.head.generation === log.generation ? withHead(log, conversation.head) : log;
    return withPending(known, conversation.pending ?? [], self);
  }
  const told = logOf(conversation);
  const seen = new Set(log.pending.flatMap((entry) => (entry.seen ? entry.entryId : [])));
  const unseen = told.pending.filter((entry) => counts(entry, self) && !seen.has(entry.entryId)).length;
  const fresh = { ...told, unread: told.unread + unseen };
  if (fresh.generation > log.generation) return fresh;
  if (fresh.generation < log.generation) return log;
  const positions = mergePositions(log.positions, conversation.positions);
  if (fresh.head < log.head) return { ...log, positions };
  // One's own mark may have overtaken it as well.
  const unread = readUpTo({ ...log, positions }, self) >= fresh.head ? unseen : fresh.unread;
  // Whoever comes back to a group may not see what was written meanwhile, so what is held joins no more.
  const joins = lastSeq(log) >= fresh.visibleFrom - 1;
  if (log.entries.length === 0 || !joins) return { ...fresh, positions, unread };
  const { countedUpTo } = fresh;
  // What is pending no more is behind the newest entry held, and shown as pending until it is fetched.
  const left = fresh.head > lastSeq(log) ? log.pending : [];
  const pending = joined(left, fresh.pending);
  return settled({ ...log, ...descriptionOf(conversation), head: fresh.head, pending, positions, unread, countedUpTo });
}

/**
 * The log with entries that belong behind those held. Known ones are skipped; those behind a gap are left out, but raise the
 * head, so that {@link isBehind} tells that something is to be fetched.
 */
export function withEntries(log: ChatLog, arrived: readonly Entry[], self: UserId): ChatLog {
  const added: Entry[] = [];
  let { head, unread } = log;
  let last = log.entries.length > 0 ? lastSeq(log) : undefined;
  // They were counted, or seen, when they were pending.
  const known = new Set(log.pending.map(({ entryId }) => entryId));
  for (const entry of arrived) {
    head = Math.max(head, entry.seq);
    // Into an empty log the first one fits if nothing is missing before it that was known to exist; where nothing had been written,
    // only the very first one does.
    const begins = entry.seq === log.visibleFrom || (entry.seq > log.head && !log.complete);
    const fits = last === undefined ? begins : entry.seq === last + 1;
    if (!fits) continue;
    added.push(entry);
    last = entry.seq;
    const isCounted = entry.seq <= Math.max(log.countedUpTo, readUpTo(log, self)) || known.has(entry.entryId);
    if (!isCounted && counts(entry, self)) unread += 1;
  }
  const pending = withNumbers(log.pending, arrived);
  if (added.length === 0) return head === log.head && pending === log.pending ? log : settled({ ...log, head, pending });
  const entries = [...log.entries, ...added];
  const after = added.reduce((before, entry) => described(before, entry, self), log);
  const complete = log.complete || entries[0]?.seq === log.visibleFrom;
  const countedUpTo = Math.max(log.countedUpTo, entries.at(-1)?.seq ?? 0);
  return settled({ ...after, head, unread, countedUpTo, entries, pending, complete });
}

/** The log with a page of older entries, and whether there are still older ones. A page that does not join is left out. */
export function withEarlier(log: ChatLog, page: readonly Entry[], more: boolean): ChatLog {
  const first = log.entries[0]?.seq;
  const older = first === undefined ? page : page.filter(({ seq }) => seq < first);
  if (first !== undefined && older.length > 0 && older.at(-1)?.seq !== first - 1) return log;
  const entries = [...older, ...log.entries];
  return {
    ...log,
    entries,
    complete: !more || entries[0]?.seq === log.visibleFrom,
    head: Math.max(log.head, entries.at(-1)?.seq ?? 0),
  };
}

/**
 * The log with the newest page instead of what was held, when too much was missed to fetch all between. Entries that overtook the
 * page are kept where they follow it.
 */
export function withNewest(log: ChatLog, page: readonly Entry[], head: Cursor, more: boolean): ChatLog {
  if (head.generation < log.generation) return log;
  if (head.generation > log.generation) return { ...log, ...begunAnew(head), entries: page, complete: !more };
  const last = page.at(-1)?.seq ?? 0;
  const newer = log.entries.filter(({ seq }) => seq > last);
  const entries = newer[0]?.seq === last + 1 ? [...page, ...newer] : page;
  return settled({ ...log, head: Math.max(head.seq, log.head), entries, complete: !more });
}

/** The log with entries that have no number yet; those that are known, with or without one, are skipped. */
export function withPending(log: ChatLog, arrived: readonly PendingEntry[], self: UserId): ChatLog {
  const held = new Set(log.entries.map(({ entryId }) => entryId));
  const pending = joined(
    log.pending,
    arrived.filter(({ entryId }) => !held.has(entryId)),
  );
  if (pending === log.pending) return log;
  const known = new Set(log.pending);
  const added = pending.filter((entry) => !known.has(entry));
  const after = added.reduce((before, entry) => described(before, entry, self), log);
  return { ...after, pending, unread: log.unread + added.filter((entry) => counts(entry, self)).length };
}

/** The log after the person has seen everything up to a number, and what is pending if that is all there is before it. */
export function withSeen(log: ChatLog, read: number, self: UserId): ChatLog {
  const own = log.positions.get(self);
  const isAll = read >= lastSeq(log);
  const pending = isAll ? log.pending.map((entry): WaitingEntry => ({ ...entry, seen: true })) : log.pending;
  const position = { userId: self, read, delivered: Math.max(read, own?.delivered ?? 0) };
  const after = { ...log, pending, positions: mergePositions(log.positions, [position]) };
  return { ...after, ...countAfter(after, self) };
}

/**
 * A pending entry has got its number. It stays among the pending ones until the log holds it under that number, so that it is in
 * sight all the time.
 */
export function withCommitted(log: ChatLog, entryId: EntryId, seq: number): ChatLog {
  const pending = withNumbers(log.pending, [{ entryId, seq }]);
  const head = Math.max(log.head, seq);
  return pending === log.pending && head === log.head ? log : settled({ ...log, pending, head });
}

/** Those that are new go where they belong. */
function joined(pending: readonly WaitingEntry[], arrived: readonly PendingEntry[]): readonly WaitingEntry[] {
  const known = new Set(pending.map(({ entryId }) => entryId));
  const added = arrived.filter(({ entryId }) => !known.has(entryId));
  if (added.length === 0) return pending;
  return [...pending, ...added].sort((a, b) => a.place - b.place || (a.entryId < b.entryId ? -1 : 1));
}

function withNumbers(
  pending: readonly WaitingEntry[],
  arrived: readonly { readonly entryId: EntryId; readonly seq: number }[],
): readonly WaitingEntry[] {
  if (pending.length === 0) return pending;
  const numbers = new Map(arrived.map(({ entryId, seq }) => [entryId, seq]));
  if (!pending.some(({ entryId }) => numbers.has(entryId))) return pending;
  return pending.map((entry) => ({ ...entry, numbered: numbers.get(entry.entryId) ?? entry.numbered }));
}

/** The log without the pending entries that it holds under their numbers, or has left behind. */
function settled(log: ChatLog): ChatLog {
  if (log.pending.length === 0) return log;
  const last = lastSeq(log);
  const held = new Set(log.entries.map(({ entryId }) => entryId));
  const isHeld = ({ entryId, numbered }: WaitingEntry) => held.has(entryId) || (numbered !== undefined && numbered <= last);
  return log.pending.some(isHeld) ? { ...log, pending: log.pending.filter((entry) => !isHeld(entry)) } : log;
}

/** Numbers of a restored database have nothing to do with those before. */
function begunAnew({ generation, seq }: Cursor): Pick<ChatLog, 'generation' | 'head' | 'countedUpTo'> {
  return { generation, head: seq, countedUpTo: seq };
}

export function withHead(log: ChatLog, head: Cursor): ChatLog {
  if (head.generation < log.generation) return log;
  if (head.generation > log.generation) return { ...log, ...begunAnew(head), entries: [], complete: head.seq === 0 };
  return head.seq > log.head ? { ...log, head: head.seq } : log;
}

/** Positions only grow. One's own, perhaps from another device, settles what is unread. */
export function withPosition(log: ChatLog, position: Position, self: UserId): ChatLog {
  const positions = mergePositions(log.positions, [position]);
  if (positions === log.positions) return log;
  if (position.userId !== self) return { ...log, positions };
  return { ...log, positions, ...countAfter({ ...log, positions }, self) };
}

/** How far a message of one's own has got: the least of the other members. */
export function deliveryOf(log: ChatLog, seq: number, self: UserId): Delivery {
  const others = log.members.filter((member) => member !== self).map((member) => log.positions.get(member));
  if (others.every((position) => position !== undefined && position.read >= seq)) return 'read';
  if (others.every((position) => position !== undefined && Math.max(position.delivered, position.read) >= seq))
    return 'delivered';
  return 'sent';
}

export function readUpTo(log: ChatLog, self: UserId): number {
  return log.positions.get(self)?.read ?? 0;
}

function countAfter(log: ChatLog, self: UserId): Pick<ChatLog, 'unread' | 'countedUpTo'> {
  const read = readUpTo(log, self);
  const waiting = log.pending.filter((entry) => !entry.seen && counts(entry, self)).length;
  const { countedUpTo } = log;
  if (read >= log.head) return { unread: waiting, countedUpTo };
  const counted = waiting + log.entries.filter((entry) => entry.seq > read && counts(entry, self)).length;
  const allHeld = (log.entries[0]?.seq ?? Number.POSITIVE_INFINITY) <= read + 1;
  // What is not held yet is counted when it comes.
  if (allHeld) return { unread: counted, countedUpTo: lastSeq(log) };
  return { unread: Math.max(counted, Math.min(log.unread, log.head - read)), countedUpTo };
}

/** Whether an entry is unread until it was seen. */
function counts({ author, kind }: Pick<Entry, 'author' | 'kind'>, self: UserId): boolean {
  return author !== self && kind === 'message';
}

function mergePositions(known: ReadonlyMap<UserId, Position>, arrived: readonly Position[]): ReadonlyMap<UserId, Position> {
  let next: Map<UserId, Position> | undefined;
  for (const { userId, read, delivered } of arrived) {
    const before = (next ?? known).get(userId);
    if (before && before.read >= read && before.delivered >= delivered) continue;
    next ??= new Map(known);
    next.set(userId, { userId, read: Math.max(read, before?.read ?? 0), delivered: Math.max(delivered, before?.delivered ?? 0) });
  }
  return next ?? known;
}
