import { type ConversationId, conversationIdSchema } from '#shared/ids.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { Lease } from '#ucserver/database/lease.ts';
import { type Emptied, retentionProcedures } from './procedures.ts';

/** A conversation, and whether it has something old that was not looked at yet. */
export interface OldConversation {
  readonly id: ConversationId;
  readonly isDue: boolean;
}

/** What retention reads and empties in SQL. Everything it throws is what {@link Database} throws. */
export class RetentionRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  hold(lease: Lease): Promise<boolean> {
    return this.#database.run(retentionProcedures.hold, lease);
  }

  emptyOlder(conversationId: ConversationId, before: number, lease: Lease): Promise<Emptied> {
    return this.#database.run(retentionProcedures.emptyOlder, { conversationId, before, lease });
  }

  /** The conversations after one, by id, with the age of the first entry that was not looked at. */
  async page(after: string, before: number, limit: number): Promise<OldConversation[]> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('conversations as c')
      .leftJoin('entries as e', (join) =>
        join.onRef('e.conversation_id', '=', 'c.id').on(({ eb }) => eb('e.seq', '=', eb('c.emptied_seq', '+', 1))),
      )
      .select(['c.id', 'e.accepted_at'])
      .where('c.id', '>', after)
      .orderBy('c.id');
    const found = await this.#database.read<{ id: string; accepted_at: number | null }>(queries.limit(limit, query));
    return found.map(({ id, accepted_at }) => ({
      id: conversationIdSchema.parse(id),
      isDue: accepted_at !== null && accepted_at < before,
    }));
  }
}
