import type { ConversationId, EntryId } from '#shared/ids.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { StoredEntry } from './commit-plan.ts';
import { type EntryRow, toEntry } from './entry-row.ts';

/** Entries by their ids, as SQL has them. Everything it throws is what {@link Database} throws. */
export class EntryRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Those of these entries that are in the conversation. */
  async named(conversationId: ConversationId, ids: readonly EntryId[]): Promise<StoredEntry[]> {
    const query = this.#database.queries.db
      .selectFrom('entries')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('entry_id', 'in', [...ids]);
    return (await this.#database.read<EntryRow>(query)).map(toEntry);
  }

  /** What names these entries (edits, deletes, reactions), ascending, the first `limit`. */
  async about(conversationId: ConversationId, ids: readonly EntryId[], limit: number): Promise<StoredEntry[]> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('entries')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('target_id', 'in', [...ids])
      .orderBy('seq', 'asc');
    return (await this.#database.read<EntryRow>(queries.limit(limit, query))).map(toEntry);
  }
}
