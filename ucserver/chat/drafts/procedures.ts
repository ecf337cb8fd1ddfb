import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';

/** A draft on its way into SQL, or as it stands there. `body` is JSON. */
export interface StoredDraft {
  readonly userId: string;
  readonly conversationId: string;
  readonly body: string;
  readonly version: number;
}

/** Deleted by one transaction, so that nobody waits long for it. */
const deletedAtOnce = 200;

const deleteDraft = statement<{ user_id: string; conversation_id: string; version: number }>((db, param) =>
  db
    .deleteFrom('chat_drafts')
    .where('user_id', '=', param('user_id'))
    .where('conversation_id', '=', param('conversation_id'))
    // Whoever has gone on writing meanwhile keeps it.
    .where('version', '=', param('version')),
);

export const draftProcedures = procedureSet('chatDrafts', import.meta.url, {
  /** Stores a draft unless a newer one is there; answers the one in force. */
  *set({ db }: Queries, { most, ...draft }: StoredDraft & { readonly most: number }): Steps<StoredDraft> {
    const { userId, conversationId, body, version } = draft;
    const known = yield* first(
      db
        .selectFrom('chat_drafts')
        .select(['body', 'version'])
        .where('user_id', '=', userId)
        .where('conversation_id', '=', conversationId),
    );
    if (known !== undefined && known.version >= version) return { ...draft, ...known };
    if (known === undefined) {
      yield* makeRoom({ db }, userId, most);
      const row = { user_id: userId, conversation_id: conversationId, body, version };
      yield* change(db.insertInto('chat_drafts').values(row));
      return draft;
    }
    const update = db.updateTable('chat_drafts').set({ body, version });
    yield* change(update.where('user_id', '=', userId).where('conversation_id', '=', conversationId));
    return draft;
  },

  /** Deletes some drafts that were written before then. Answers whether there may be more. */
  *deleteOlder(queries: Queries, { before }: { before: number }): Steps<boolean> {
    const old = queries.db
      .selectFrom('chat_drafts')
      .select(['user_id', 'conversation_id', 'version'])
      .where('version', '<', before)
      .orderBy('version');
    const found = yield* rows(queries.limit(deletedAtOnce, old));
    if (found.length > 0) yield* change(queries.bindEach(deleteDraft, found));
    return found.length === deletedAtOnce;
  },
});

/** The oldest go, so that nobody fills the table. */
function* makeRoom({ db }: Pick<Queries, 'db'>, userId: string, most: number): Steps<void> {
  const present = yield* rows(
    db.selectFrom('chat_drafts').select(['conversation_id']).where('user_id', '=', userId).orderBy('version', 'desc'),
  );
  const gone = present.slice(most - 1).map(({ conversation_id }) => conversation_id);
  if (gone.length === 0) return;
  yield* change(db.deleteFrom('chat_drafts').where('user_id', '=', userId).where('conversation_id', 'in', gone));
}
