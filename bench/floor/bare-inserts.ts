import type { Schema } from '#ucserver/database/index.ts';
import { change, procedureSet, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';

export type BareRow = Pick<
  Schema['journal_entries'],
  'user_id' | 'call_id' | 'started_at' | 'precedence' | 'document' | 'unread'
>;

const insert = statement<BareRow>((db, param) =>
  db.insertInto('journal_entries').values({
    user_id: param('user_id'),
    call_id: param('call_id'),
    started_at: param('started_at'),
    precedence: param('precedence'),
    document: param('document'),
    unread: param('unread'),
    note: null,
    removed_at: null,
  }),
);

export const bareProcedures = procedureSet('bareInserts', import.meta.url, {
  /** Rows of one transaction, not looked at. */
  *insert(queries: Queries, { list }: { list: readonly BareRow[] }): Steps<void> {
    yield* change(queries.bindEach(insert, list));
  },
});
