import { mostDrafts } from '#shared/protocol/chat-drafts.ts';
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import type { Queries } from '#ucserver/database/queries.ts';

/** A draft on its way into SQL, or as it stands there. `body` is JSON. */
export interface StoredDraft {
  readonly userId: string;
  readonly conversationId: string;
  readonly body: string;
  readonly version: number;
}

export const draftProcedures = procedureSet('chatDrafts', import.meta.url, {
  /** Stores a draft unless a newer one is there; answers the one in force. */
  *set({ db }: Queries, draft: StoredDraft): Steps<StoredDraft> {
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
      yield* makeRoom({ db }, userId);
      const row = { user_id: userId, conversation_id: conversationId, body, version };
      yield* change(db.insertInto('chat_drafts').values(row));
      return draft;
    }
    const update = db.updateTable('chat_drafts').set({ body, version });
    yield* change(update.where('user_id', '=', userId).where('conversation_id', '=', conversationId));
    return draft;
  },
});

/** The oldest go, so that nobody fills the table. */
function* makeRoom({ db }: Pick<Queries, 'db'>, userId: string): Steps<void> {
  const present = yield* rows(
    db.selectFrom('chat_drafts').select(['conversation_id']).where('user_id', '=', userId).orderBy('version', 'desc'),
  );
  const gone = present.slice(mostDrafts - 1).map(({ conversation_id }) => conversation_id);
  if (gone.length === 0) return;
  yield* change(db.deleteFrom('chat_drafts').where('user_id', '=', userId).where('conversation_id', 'in', gone));
}
