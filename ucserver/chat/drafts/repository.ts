import { type ConversationId, conversationIdSchema, type UserId } from '#shared/ids.ts';
import type { Draft } from '#shared/protocol/chat-drafts.ts';
import type { Database } from '#ucserver/database/index.ts';
import { draftProcedures } from './procedures.ts';

/** Stands where a draft was taken back, so that an older one does not come again. */
const noDraft = '{}';

/** What people have begun to write, in SQL. Everything it throws is what {@link Database} throws. */
export class DraftRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param most drafts that are kept of one person
   * @returns the draft in force, another one when that is newer
   */
  async set(userId: UserId, { conversationId, version, ...written }: Draft, most: number): Promise<Draft> {
    const body = written.text === '' ? noDraft : JSON.stringify(written);
    const stored = await this.#database.run(draftProcedures.set, { userId, conversationId, body, version, most });
    return toDraft(conversationId, stored);
  }

  /** Deletes some drafts that were written before then, ms since 1970. @returns whether there may be more */
  deleteOlder(before: number): Promise<boolean> {
    return this.#database.run(draftProcedures.deleteOlder, { before });
  }

  /** Those that are not empty, by conversation, after one of them. */
  async page(userId: UserId, after: string, limit: number): Promise<Draft[]> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('chat_drafts')
      .select(['conversation_id', 'body', 'version'])
      .where('user_id', '=', userId)
      .where('conversation_id', '>', after)
      .where('body', '<>', noDraft)
      .orderBy('conversation_id');
    const found = await this.#database.read<{ conversation_id: string; body: string; version: number }>(
      queries.limit(limit, query),
    );
    return found.map((row) => toDraft(conversationIdSchema.parse(row.conversation_id), row));
  }
}

function toDraft(conversationId: ConversationId, { body, version }: { readonly body: string; readonly version: number }): Draft {
  return { text: '', ...(JSON.parse(body) as Partial<Draft>), conversationId, version };
}
