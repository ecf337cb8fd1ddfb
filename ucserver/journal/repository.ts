import { type CallId, callIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { Lease } from '#ucserver/database/lease.ts';
import type { HeldRow, KeptRow, NewRow } from './journal-plan.ts';
import type { ListCursor } from './list-cursor.ts';
import { type Deleted, journalProcedures } from './procedures.ts';

/** An entry with its place in the list. */
export interface ListedRow extends HeldRow, ListCursor {}

export interface RowRange {
  readonly userId: UserId;
  /** Older than this one; undefined: from the newest. */
  readonly after: ListCursor | undefined;
  /** Bounds of the time at which calls began; undefined: none. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly limit: number;
}

/** People whose counts are read by one query. */
const peopleAtOnce = 200;
/** Longer pages are read by those who look through many. */
const mostShortRows = 101;
const columns = ['user_id', 'call_id', 'started_at', 'precedence', 'document', 'note', 'unread'] as const;

/** The journal in SQL. Everything it throws is what {@link Database} throws. */
export class JournalRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns those that are new or say more than what was there */
  record(list: readonly NewRow[]): Promise<readonly KeptRow[]> {
    return this.#database.run(journalProcedures.record, { list });
  }

  /** What SQL holds for these calls, in any order. */
  async held(keys: readonly Pick<NewRow, 'userId' | 'callId'>[]): Promise<Pick<HeldRow, 'userId' | 'callId' | 'precedence'>[]> {
    const { db } = this.#database.queries;
    const query = db
      .selectFrom('journal_entries')
      .select(['user_id', 'call_id', 'precedence'])
      .where('user_id', 'in', [...new Set(keys.map(({ userId }) => userId))])
      .where('call_id', 'in', [...new Set(keys.map(({ callId }) => callId))]);
    const found = await this.#database.read(query);
    return found.map(({ user_id, call_id, precedence }) => ({
      ...{ userId: userIdSchema.parse(user_id), callId: callIdSchema.parse(call_id), precedence },
    }));
  }

  /** Entries of a person, the newest first. */
  async page({ userId, after, from, to, limit }: RowRange): Promise<ListedRow[]> {
    const { queries } = this.#database;
    let query = queries.db
      .selectFrom('journal_entries')
      .select(columns)
      .where('user_id', '=', userId)
      .where('removed_at', 'is', null)
      .orderBy('started_at', 'desc')
      .orderBy('call_id', 'desc');
    const upTo = Math.min(after?.startedAt ?? Number.MAX_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER);
    if (upTo < Number.MAX_SAFE_INTEGER) query = query.where('started_at', '<=', upTo);
    if (from !== undefined) query = query.where('started_at', '>=', from);
    if (after !== undefined)
      query = query.where(({ eb, or }) => or([eb('started_at', '<', after.startedAt), eb('call_id', '<', after.callId)]));
    const lane = limit > mostShortRows ? 'search' : 'short';
    const found = await this.#database.read<Row>(queries.limit(limit, query), { lane });
    return found.map(toListed);
  }

  /** How many missed calls these people have not seen; those without any are left out. */
  async unread(userIds: readonly UserId[]): Promise<Map<UserId, number>> {
    const { db } = this.#database.queries;
    const counts = new Map<UserId, number>();
    for (let at = 0; at < userIds.length; at += peopleAtOnce) {
      const found = await this.#database.read(
        db
          .selectFrom('journal_entries')
          .select(({ fn }) => ['user_id', fn.countAll<number | string>().as('missed')])
          .where('user_id', 'in', userIds.slice(at, at + peopleAtOnce))
          .where('unread', '=', 1)
          .groupBy('user_id'),
      );
      for (const { user_id, missed } of found) counts.set(userIdSchema.parse(user_id), Number(missed));
    }
    return counts;
  }

  /** @throws UCError NOT_FOUND */
  note(userId: UserId, callId: CallId, note: string): Promise<HeldRow> {
    return this.#database.run(journalProcedures.note, { userId, callId, note: note === '' ? null : note });
  }

  markNamed(userId: UserId, callIds: readonly CallId[]): Promise<void> {
    return this.#database.run(journalProcedures.markNamed, { list: callIds.map((callId) => ({ userId, callId })) });
  }

  markUpTo(userId: UserId, upTo: number): Promise<void> {
    return this.#database.run(journalProcedures.markUpTo, { userId, upTo });
  }

  remove(userId: UserId, callIds: readonly CallId[], at: number): Promise<void> {
    return this.#database.run(journalProcedures.remove, { list: callIds.map((callId) => ({ userId, callId })), at });
  }

  hold(lease: Lease): Promise<boolean> {
    return this.#database.run(journalProcedures.hold, lease);
  }

  /** When the first call of each of the next people began, by id, after one of them. */
  async oldest(after: string, limit: number): Promise<{ userId: UserId; startedAt: number }[]> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('journal_entries')
      .select(({ fn }) => ['user_id', fn.min('started_at').as('started_at')])
      .where('user_id', '>', after)
      .groupBy('user_id')
      .orderBy('user_id');
    const found = await this.#database.read<Pick<Row, 'user_id' | 'started_at'>>(queries.limit(limit, query), { lane: 'search' });
    return found.map(({ user_id, started_at }) => ({ userId: userIdSchema.parse(user_id), startedAt: started_at }));
  }

  deleteOlder(userId: UserId, before: number, lease: Lease): Promise<Deleted> {
    return this.#database.run(journalProcedures.deleteOlder, { userId, before, lease });
  }

  /** Deletes some entries of a person; answers whether there are more. */
  erase(userId: UserId): Promise<boolean> {
    return this.#database.run(journalProcedures.erase, { userId });
  }

  /** Entries of everybody, in no order that means anything, page by page. */
  async *everybody(limit: number): AsyncGenerator<readonly ListedRow[]> {
    const { queries } = this.#database;
    for (let last: ListedRow | undefined; ; ) {
      const { userId, callId } = last ?? { userId: '', callId: '' };
      const query = queries.db
        .selectFrom('journal_entries')
        .select(columns)
        .where('user_id', '>=', userId)
        .where(({ eb, or }) => or([eb('user_id', '>', userId), eb('call_id', '>', callId)]))
        .where('removed_at', 'is', null)
        .orderBy('user_id')
        .orderBy('call_id');
      const page = (await this.#database.read<Row>(queries.limit(limit, query))).map(toListed);
      if (page.length > 0) yield page;
      last = page.at(-1);
      if (last === undefined || page.length < limit) return;
    }
  }

  async rewrite(list: readonly Pick<HeldRow, 'userId' | 'callId' | 'document'>[]): Promise<void> {
    if (list.length > 0) await this.#database.run(journalProcedures.rewrite, { list });
  }
}

interface Row {
  user_id: string;
  call_id: string;
  started_at: number;
  precedence: string;
  document: string;
  note: string | null;
  unread: number;
}

function toListed({ user_id, call_id, started_at, ...row }: Row): ListedRow {
  return { userId: userIdSchema.parse(user_id), callId: callIdSchema.parse(call_id), startedAt: started_at, ...row };
}
