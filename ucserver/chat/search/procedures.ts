import type { ConversationId } from '#shared/ids.ts';
// The worker thread imports this module, so it takes the few files it needs and not the whole database with its drivers.
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import type { Queries } from '#ucserver/database/queries.ts';
import type { IndexStep, Posting } from './index-plan.ts';

/** Entries of one part. What is looked at for a search, and what a step of the index touches, is bounded by it. */
export const partEntries = 512;

interface PartRow {
  number: number;
  first_seq: number;
  last_seq: number;
  first_at: number;
  last_at: number;
}

export const searchProcedures = procedureSet('search', import.meta.url, {
  /** Follows the log for one step, if the index stands where the step begins; answers where the index stands then. */
  *follow(queries: Queries, step: IndexStep): Steps<number> {
    const { db } = queries;
    const { conversationId, after, upTo } = step;
    // On SQL Server the row is the lock that keeps two servers apart; on SQLite the transaction is already the only writer.
    const raise = (seq: number) =>
      db.updateTable('search_positions').set({ indexed_seq: seq }).where('conversation_id', '=', conversationId);
    if (queries.engine === 'mssql') {
      yield* change(raise(after).where('indexed_seq', '=', after));
    }
    const place = yield* first(
      db.selectFrom('search_positions').select('indexed_seq').where('conversation_id', '=', conversationId),
    );
    const position = place?.indexed_seq ?? 0;
    if (position !== after) return position;
    if (place === undefined) {
      yield* change(db.insertInto('search_positions').values({ conversation_id: conversationId, indexed_seq: upTo }));
    } else yield* change(raise(upTo));
    yield* addPostings(queries, yield* partFor(queries, step), step.added);
    for (const posting of step.replaced) {
      yield* unindex(queries, conversationId, [posting.seq]);
      const part = yield* first(partOf(queries, conversationId, posting.seq));
      if (part !== undefined) yield* addPostings(queries, part.number, [posting]);
    }
    return upTo;
  },
});

/**
 * Takes messages of a conversation out of the index, as part of a transaction that empties them; at most 1,000 at a time. Those the
 * index has not got to it will find empty.
 */
export function* unindex({ db }: Queries, conversationId: ConversationId, seqs: readonly number[]): Steps<void> {
  if (seqs.length === 0) return;
  const parts = yield* rows(
    db
      .selectFrom('search_parts')
      .select('number')
      .where('conversation_id', '=', conversationId)
      .where('first_seq', '<=', Math.max(...seqs))
      .where('last_seq', '>=', Math.min(...seqs)),
  );
  for (const { number } of parts) {
    yield* change(
      db
        .deleteFrom('search_tokens')
        .where('part', '=', number)
        .where('seq', 'in', [...seqs]),
    );
  }
}

/** The part that takes the entries of a step, raised to hold them. */
function* partFor(queries: Queries, { conversationId, after, upTo, firstAt, lastAt }: IndexStep): Steps<number> {
  const { db } = queries;
  const open = yield* first(partOf(queries, conversationId, after));
  if (open !== undefined && upTo - open.first_seq < partEntries) {
    const grown = {
      last_seq: upTo,
      first_at: Math.min(open.first_at, firstAt),
      last_at: Math.max(open.last_at, lastAt),
    };
    yield* change(db.updateTable('search_parts').set(grown).where('number', '=', open.number));
    return open.number;
  }
  const [highest] = yield* rows(db.selectFrom('search_parts').select((eb) => eb.fn.max('number').as('number')));
  const number = (highest?.number ?? 0) + 1;
  const part = {
    number,
    conversation_id: conversationId,
    first_seq: after + 1,
    last_seq: upTo,
    first_at: firstAt,
    last_at: lastAt,
  };
  yield* change(db.insertInto('search_parts').values(part));
  return number;
}

/** The part in which a number of a conversation stands, if it is indexed. */
function partOf(queries: Queries, conversationId: ConversationId, seq: number) {
  const query = queries.db
    .selectFrom('search_parts')
    .select(['number', 'first_seq', 'last_seq', 'first_at', 'last_at'])
    .where('conversation_id', '=', conversationId)
    .where('first_seq', '<=', seq)
    .orderBy('first_seq', 'desc');
  return queries.limit<PartRow>(1, query);
}

function* addPostings({ engine }: Queries, part: number, postings: readonly Posting[]): Steps<void> {
  const tokens = postings.flatMap(({ seq, at, tokens: each }) => each.map((token) => [token, seq, at] as const));
  if (tokens.length === 0) return;
  if (engine === 'sqlite') yield* change({ sql: insertToken, sets: tokens.map((token) => [part, ...token]) });
  else yield* change({ sql: insertTokens, sets: [[part, JSON.stringify(tokens)]] });
}

const insertToken = 'insert into search_tokens (part, token, seq, accepted_at) values (?, ?, ?, ?)';
/** One statement for all of them: to SQL Server one JSON text costs far less than as many parameters. */
const insertTokens = `insert into search_tokens (part, token, seq, accepted_at)
  select @1, j.token, j.seq, j.accepted_at from openjson(@2)
  with (token nvarchar(40) '$[0]', seq bigint '$[1]', accepted_at bigint '$[2]') as j`;
