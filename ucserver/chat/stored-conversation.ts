import { type ConversationId, conversationIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import type { ConversationKind } from '#shared/protocol/chat.ts';
import type { Queries } from '#ucserver/database/index.ts';
import type { StoredEntry } from './commit-plan.ts';
import { conversationKindOf } from './conversation-id.ts';
import { type EntryRow, toEntry } from './entry-row.ts';

/** A conversation as it stands in SQL, for one of its members. */
export interface StoredConversation {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly title: string | undefined;
  /** The last number the member may see. */
  readonly lastSeq: number;
  readonly isLeft: boolean;
  readonly visibleFrom: number;
  readonly mutedUntil: number | undefined;
  /** Texts up to this number are no longer kept. */
  readonly emptiedUpTo: number;
  /** Those who are in it now, none for somebody who has left; `undefined`: not listed. */
  readonly members: readonly UserId[] | undefined;
  readonly moderators: readonly UserId[] | undefined;
  /** Of the listed members; else of the asking one. */
  readonly positions: readonly { readonly userId: UserId; readonly read: number; readonly delivered: number }[];
  /** Messages of others after the member's read position. */
  readonly unread: number;
  readonly lastEntry: StoredEntry | undefined;
}

interface MemberRow {
  readonly conversation_id: string;
  readonly user_id: string;
  readonly read_seq: number;
  readonly delivered_seq: number;
}

/** A conversation as one person has, or had, it; for somebody who has left, with the last entry they may see. */
interface OwnRow extends MemberRow, Omit<{ readonly [K in keyof EntryRow]: EntryRow[K] | null }, 'conversation_id'> {
  readonly left_seq: number | null;
  readonly visible_from: number;
  readonly muted_until: number | null;
  readonly last_seq: number;
  readonly emptied_seq: number;
  readonly title: string | null;
}

/** What of several conversations is read beside what the person has of them. */
export interface Beside {
  /** Those who are in them now. */
  readonly members: readonly (MemberRow & { readonly role: string })[];
  readonly unread: readonly { readonly conversation_id: string; readonly unread: number }[];
  /** Conversations whose members were not read, because there are too many. */
  readonly large: ReadonlySet<ConversationId>;
}

/** Reads {@link OwnRow}s. */
export function ownRows({ db }: Queries, userId: UserId, ids: readonly ConversationId[]) {
  return db
    .selectFrom('conversation_members as m')
    .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
    .leftJoin('entries as e', (join) =>
      join.onRef('e.conversation_id', '=', 'c.id').on(({ eb, fn }) => eb('e.seq', '=', fn.coalesce('m.left_seq', 'c.last_seq'))),
    )
    .select(['m.conversation_id', 'm.user_id', 'm.read_seq', 'm.delivered_seq', 'm.left_seq', 'm.visible_from', 'm.muted_until'])
    .select(['c.last_seq', 'c.emptied_seq', 'c.title'])
    .select(['e.seq', 'e.entry_id', 'e.author_id', 'e.kind', 'e.body', 'e.accepted_at'])
    .where('m.user_id', '=', userId)
    .where('m.conversation_id', 'in', [...ids]);
}

/** Reads who is in these conversations now. */
export function memberRows({ db }: Queries, ids: readonly ConversationId[]) {
  return db
    .selectFrom('conversation_members as m')
    .select(['m.conversation_id', 'm.user_id', 'm.read_seq', 'm.delivered_seq', 'm.role'])
    .where('m.conversation_id', 'in', [...ids])
    .where('m.left_seq', 'is', null)
    .orderBy('m.user_id');
}

/** Counts the messages of others after the person's read position; conversations without any are missing. */
export function unreadRows({ db }: Queries, userId: UserId, ids: readonly ConversationId[]) {
  return db
    .selectFrom('conversation_members as m')
    .innerJoin('entries as e', 'e.conversation_id', 'm.conversation_id')
    .select((eb) => ['m.conversation_id', eb.fn.count<number>('e.seq').as('unread')])
    .where('m.user_id', '=', userId)
    .where('m.conversation_id', 'in', [...ids])
    .where('e.kind', '=', 'message')
    .whereRef('e.seq', '>', 'm.read_seq')
    .whereRef('e.author_id', '<>', 'm.user_id')
    .groupBy('m.conversation_id');
}

/** One conversation from the rows that were read. */
export function toConversation(row: OwnRow, { members, unread, large }: Beside): StoredConversation {
  const id = conversationIdSchema.parse(row.conversation_id);
  const isLeft = row.left_seq !== null;
  const others = members.filter(({ conversation_id }) => conversation_id === id);
  const moderators = isLeft ? [] : others.filter(({ role }) => role === 'moderator');
  const positions = (isLeft || large.has(id) ? [row] : others).map((each) => ({
    userId: userIdSchema.parse(each.user_id),
    read: each.read_seq,
    delivered: each.delivered_seq,
  }));
  return {
    id,
    kind: conversationKindOf(id),
    title: row.title ?? undefined,
    lastSeq: row.left_seq ?? row.last_seq,
    isLeft,
    visibleFrom: row.visible_from,
    mutedUntil: row.muted_until ?? undefined,
    emptiedUpTo: Math.min(row.emptied_seq, row.left_seq ?? row.last_seq),
    members: isLeft ? [] : large.has(id) ? undefined : positions.map((each) => each.userId),
    moderators: large.has(id) ? undefined : moderators.map((each) => userIdSchema.parse(each.user_id)),
    positions,
    unread: isLeft ? 0 : Number(unread.find(({ conversation_id }) => conversation_id === id)?.unread ?? 0),
    lastEntry: row.seq === null ? undefined : toEntry(row as EntryRow),
  };
}
