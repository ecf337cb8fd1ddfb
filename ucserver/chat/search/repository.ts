import { type Expression, type RawBuilder, sql } from 'kysely';
import { type ConversationId, conversationIdSchema, type EntryId, type UserId } from '#shared/ids.ts';
import type { Database, Query } from '#ucserver/database/index.ts';
import type { StoredEntry } from '../commit-plan.ts';
import { type EntryRow, toEntry } from '../entry-row.ts';
import type { IndexStep } from './index-plan.ts';
import { searchProcedures } from './procedures.ts';
import type { Place } from './search-order.ts';

/** A run of entries that is indexed together, in a conversation of the asking user. */
export interface Part {
  readonly number: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What of a conversation the index has not got to, as far as the asking user may read it. */
export interface Tail {
  readonly conversationId: ConversationId;
  readonly after: number;
  readonly upTo: number;
  readonly visibleFrom: number;
}

/** An entry that may be a hit, and up to which number its reader may see what became of it. */
export interface Candidate {
  readonly entry: StoredEntry;
  readonly visibleUpTo: number;
}

/** What to look for in parts. */
export interface PartQuery {
  readonly userId: UserId;
  readonly parts: readonly number[];
  /** A message must have, for each of these, a token that begins with it; none: every message counts. */
  readonly prefixes: readonly string[];
  /** Only what comes after this place. */
  readonly after: Place;
  /** Only what was said after this moment. */
  readonly later: number;
  readonly limit: number;
}

/** Where the index stands behind the log. */
export interface Lag {
  readonly conversationId: ConversationId;
  readonly after: number;
  readonly lastSeq: number;
}

interface Hit {
  part: number;
  seq: number;
  accepted_at: number;
}

/** What search keeps in SQL and reads there, all on the thread for what may take longer. It throws what {@link Database} throws. */
export class SearchRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  follow(step: IndexStep): Promise<number> {
    return this.#database.run(searchProcedures.follow, step);
  }

  /** Of the conversations after `after`, in the order of their ids, how far the index is behind. */
  async lags(after: string, limit: number): Promise<Lag[]> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('conversations as c')
      .leftJoin('search_positions as s', 's.conversation_id', 'c.id')
      .select(['c.id', 'c.last_seq', 's.indexed_seq'])
      .where('c.id', '>', after)
      .orderBy('c.id');
    const found = await this.#read<{ id: string; last_seq: number; indexed_seq: number | null }>(queries.limit(limit, query));
    return found.map((row) => ({
      conversationId: conversationIdSchema.parse(row.id),
      after: row.indexed_seq ?? 0,
      lastSeq: row.last_seq,
    }));
  }

  /** Where the index stands in one conversation. */
  async position(conversationId: ConversationId): Promise<number> {
    const { db } = this.#database.queries;
    const query = db.selectFrom('search_positions').select('indexed_seq').where('conversation_id', '=', conversationId);
    const [row] = await this.#read(query);
    return row?.indexed_seq ?? 0;
  }

  /** Entries after a number, ascending. */
  async entriesAfter(conversationId: ConversationId, after: number, upTo: number, limit: number): Promise<StoredEntry[]> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('entries')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('seq', '>', after)
      .where('seq', '<=', upTo)
      .orderBy('seq');
    return (await this.#read<EntryRow>(queries.limit(limit, query))).map(toEntry);
  }

  /** Entries by their ids. */
  async entries(conversationId: ConversationId, ids: readonly EntryId[]): Promise<StoredEntry[]> {
    if (ids.length === 0) return [];
    const { db } = this.#database.queries;
    const query = db.selectFrom('entries').selectAll();
    const found = await this.#read<EntryRow>(
      query.where('conversation_id', '=', conversationId).where('entry_id', 'in', [...ids]),
    );
    return found.map(toEntry);
  }

  /** The edits of messages, ascending. */
  async edits(messages: readonly StoredEntry[]): Promise<StoredEntry[]> {
    if (messages.length === 0) return [];
    const { db } = this.#database.queries;
    const query = db
      .selectFrom('entries')
      .selectAll()
      .where(
        'target_id',
        'in',
        messages.map(({ entryId }) => entryId),
      )
      .where('kind', '=', 'edit')
      .orderBy('seq');
    return (await this.#read<EntryRow>(query)).map(toEntry);
  }

  /** The conversations of a user of which the index lacks something. */
  async tails(userId: UserId, conversationId?: ConversationId): Promise<Tail[]> {
    let query = this.#database.queries.db
      .selectFrom('conversation_members as m')
      .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
      .leftJoin('search_positions as s', 's.conversation_id', 'c.id')
      .select(['c.id', 'c.last_seq', 's.indexed_seq', 'm.visible_from', 'm.left_seq'])
      .where('m.user_id', '=', userId)
      .where(({ eb, fn, val }) => eb('c.last_seq', '>', fn.coalesce('s.indexed_seq', val(0))));
    if (conversationId !== undefined) query = query.where('m.conversation_id', '=', conversationId);
    return (await this.#read(query)).map((row) => ({
      conversationId: conversationIdSchema.parse(row.id),
      after: Math.max(row.indexed_seq ?? 0, 0),
      upTo: Math.min(row.left_seq ?? row.last_seq, row.last_seq),
      visibleFrom: row.visible_from,
    }));
  }

  /** A user's parts from a time on, those that end last first, in pages. */
  async parts(userId: UserId, { conversationId, from, upTo, before, limit }: PartPage): Promise<Part[]> {
    const { queries } = this.#database;
    let query = queries.db
      .selectFrom('conversation_members as m')
      .innerJoin('search_parts as p', 'p.conversation_id', 'm.conversation_id')
      .select(['p.number', 'p.first_at', 'p.last_at'])
      .where('m.user_id', '=', userId)
      .where('p.last_at', '>=', from)
      .where('p.first_at', '<=', upTo)
      .where(({ eb, or, ref }) => or([eb('m.left_seq', 'is', null), eb('p.first_seq', '<=', ref('m.left_seq'))]))
      .whereRef('p.last_seq', '>=', 'm.visible_from')
      .orderBy('p.last_at', 'desc')
      .orderBy('p.number', 'desc');
    if (conversationId !== undefined) query = query.where('m.conversation_id', '=', conversationId);
    if (before !== undefined) {
      query = query.where(({ eb, and, or }) =>
        or([eb('p.last_at', '<', before.lastAt), and([eb('p.last_at', '=', before.lastAt), eb('p.number', '<', before.number)])]),
      );
    }
    const found = await this.#read<{ number: number; first_at: number; last_at: number }>(queries.limit(limit, query));
    return found.map(({ number, first_at, last_at }) => ({ number, firstAt: first_at, lastAt: last_at }));
  }

  /** What the index holds in these parts, in order. */
  async candidates({ userId, parts, prefixes, after, later, limit }: PartQuery): Promise<Candidate[]> {
    const { queries } = this.#database;
    const { db } = queries;
    const hits = prefixes.length === 0 ? everyMessage(parts) : withTokens(parts, prefixes);
    const ranked = db
      .selectFrom(hits.as('h'))
      .innerJoin('search_parts as p', 'p.number', 'h.part')
      .innerJoin('conversation_members as m', 'm.conversation_id', 'p.conversation_id')
      .select(['p.conversation_id', 'h.seq', 'h.accepted_at', 'm.left_seq'])
      .where('m.user_id', '=', userId)
      .whereRef('h.seq', '>=', 'm.visible_from')
      .where(({ eb, or, ref }) => or([eb('m.left_seq', 'is', null), eb('h.seq', '<=', ref('m.left_seq'))]))
      .where('h.accepted_at', '>', later)
      .where(({ eb, and, or }) =>
        or([
          eb('h.accepted_at', '<', after.at),
          and([eb('h.accepted_at', '=', after.at), eb('p.conversation_id', '<', after.conversationId)]),
          and([
            eb('h.accepted_at', '=', after.at),
            eb('p.conversation_id', '=', after.conversationId),
            eb('h.seq', '<', after.seq),
          ]),
        ]),
      )
      .orderBy('h.accepted_at', 'desc')
      .orderBy('p.conversation_id', 'desc')
      .orderBy('h.seq', 'desc');
    const page = queries.engine === 'mssql' ? ranked.top(limit) : ranked.limit(limit);
    const query = db
      .selectFrom(page.as('r'))
      .innerJoin('entries as e', (join) => join.onRef('e.conversation_id', '=', 'r.conversation_id').onRef('e.seq', '=', 'r.seq'))
      .selectAll('e')
      .select('r.left_seq')
      .orderBy('r.accepted_at', 'desc')
      .orderBy('r.conversation_id', 'desc')
      .orderBy('r.seq', 'desc');
    const found = await this.#read<EntryRow & { left_seq: number | null }>(query);
    return found.map((row) => ({ entry: toEntry(row), visibleUpTo: row.left_seq ?? Number.MAX_SAFE_INTEGER }));
  }

  #read<R>(query: Query<R>): Promise<R[]> {
    return this.#database.read(query, { lane: 'search' });
  }
}

export interface PartPage {
  readonly conversationId?: ConversationId | undefined;
  /** Only parts that hold something of this moment or later. */
  readonly from: number;
  /** Only parts that hold something of this moment or earlier. */
  readonly upTo: number;
  /** The last part of the page before. */
  readonly before?: Part | undefined;
  readonly limit: number;
}

function withTokens(parts: readonly number[], prefixes: readonly string[]): RawBuilder<Hit> {
  const each = prefixes.map(
    (prefix) => sql`select part, seq, accepted_at from search_tokens
      where part in (${sql.join(parts)}) and token >= ${prefix} and token < ${successor(prefix)}`,
  );
  // Also one alone needs it: a message may hold several words that begin alike.
  const [only] = each;
  const hits: Expression<unknown> =
    each.length === 1 && only !== undefined ? sql`${only} group by part, seq, accepted_at` : sql.join(each, sql` intersect `);
  return sql<Hit>`(${hits})`;
}

function everyMessage(parts: readonly number[]): RawBuilder<Hit> {
  return sql<Hit>`(select p.number as part, e.seq, e.accepted_at from search_parts p
    inner join entries e on e.conversation_id = p.conversation_id and e.seq between p.first_seq and p.last_seq
    where p.number in (${sql.join(parts)}) and e.kind = 'message')`;
}

/** The least text that is greater than all that begin with this one, in the order of code points and of UTF-16 units. */
function successor(prefix: string): string {
  const letters = [...prefix];
  const last = letters.pop()?.codePointAt(0) ?? 0;
  // The code points of surrogates are no characters.
  return letters.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}
