import { type ConversationId, conversationIdSchema, type UserId } from '#shared/ids.ts';
import { retentionProcedures } from '#ucserver/chat/index.ts';
import type { Database, DatedAuditEntry } from '#ucserver/database/index.ts';
import { housekeepingProcedures } from '#ucserver/database/index.ts';
import { eraseCalls, exportCalls, JournalRepository } from '#ucserver/journal/index.ts';
import { privacyProcedures } from './procedures.ts';

const pageRows = 500;

/** Everything that SQL holds of one person. Everything it throws is what {@link Database} throws. */
export class PrivacyRepository {
  readonly #database: Database;
  readonly #journal: JournalRepository;

  constructor(database: Database) {
    this.#database = database;
    this.#journal = new JournalRepository(database);
  }

  /** The rows that are about this person alone, by what they are; each a page at most, because nobody has more. */
  async own(userId: UserId): Promise<Readonly<Record<string, readonly object[]>>> {
    const { db } = this.#database.queries;
    const read = this.#database.read.bind(this.#database);
    const [profile, presence, contacts, devices, phones, groups, grants] = await Promise.all([
      read(db.selectFrom('users').selectAll().where('id', '=', userId)),
      read(db.selectFrom('user_presence').selectAll().where('user_id', '=', userId)),
      read(db.selectFrom('contact_lists').select('document').where('user_id', '=', userId)),
      read(db.selectFrom('devices').select(['name', 'kind', 'created_at', 'last_used_at']).where('user_id', '=', userId)),
      read(db.selectFrom('sip_devices').select(['id', 'name', 'created_at', 'revoked_at']).where('user_id', '=', userId)),
      read(
        db
          .selectFrom('group_members as m')
          .innerJoin('user_groups as g', 'g.id', 'm.group_id')
          .select(['g.id', 'g.name'])
          .where('m.user_id', '=', userId),
      ),
      read(db.selectFrom('permission_grants').select(['grantee_kind', 'grantee_id', 'level']).where('grantor_id', '=', userId)),
    ]);
    // What proves who somebody is helps nobody to know what is stored of them.
    const known = profile.map(({ password_hash: _, token_generation: __, ...rest }) => rest);
    const lists = contacts.map(({ document }) => JSON.parse(document) as object);
    return { profile: known, presence, contacts: lists, device: devices, sipDevice: phones, group: groups, grant: grants };
  }

  /** Their conversations, those they have left too, by id, page by page. */
  async *conversations(userId: UserId) {
    const { queries } = this.#database;
    for (let after = ''; ; ) {
      const query = queries.db
        .selectFrom('conversation_members as m')
        .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
        .select(['c.id', 'c.kind', 'c.title', 'm.role', 'm.joined_seq', 'm.left_seq', 'm.read_seq', 'm.muted_until'])
        .where('m.user_id', '=', userId)
        .where('m.conversation_id', '>', after)
        .orderBy('m.conversation_id');
      const page = await this.#database.read<ConversationRow>(queries.limit(pageRows, query));
      yield page.map(({ id, ...row }) => ({ ...row, id: conversationIdSchema.parse(id) }));
      const last = page.at(-1);
      if (last === undefined || page.length < pageRows) return;
      after = last.id;
    }
  }

  /** What they have written in a conversation, in order, page by page. */
  async *written(userId: UserId, conversationId: ConversationId) {
    const { queries } = this.#database;
    for (let after = 0; ; ) {
      const query = queries.db
        .selectFrom('entries')
        .select(['seq', 'entry_id', 'kind', 'body', 'accepted_at'])
        .where('conversation_id', '=', conversationId)
        .where('author_id', '=', userId)
        .where('seq', '>', after)
        .orderBy('seq');
      const page = await this.#database.read<WrittenRow>(queries.limit(pageRows, query));
      yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < pageRows) return;
      after = last.seq;
    }
  }

  /** What they have begun to write. */
  drafts(userId: UserId) {
    const { db } = this.#database.queries;
    return this.#database.read(
      db.selectFrom('chat_drafts').select(['conversation_id', 'body', 'version']).where('user_id', '=', userId),
    );
  }

  /** Their calls, the newest first, page by page. */
  calls(userId: UserId) {
    return exportCalls(this.#journal, userId);
  }

  /** Their files, by id, page by page. */
  async *files(userId: UserId) {
    const { queries } = this.#database;
    for (let after = ''; ; ) {
      const query = queries.db
        .selectFrom('files')
        .select(['id', 'name', 'size_bytes', 'media_type', 'state', 'created_at'])
        .where('owner_id', '=', userId)
        .where('id', '>', after)
        .orderBy('id');
      const page = await this.#database.read<FileRow>(queries.limit(pageRows, query));
      yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < pageRows) return;
      after = last.id;
    }
  }

  /** @throws UCError NOT_FOUND */
  anonymise(userId: UserId, name: string, audit: DatedAuditEntry): Promise<void> {
    return this.#database.run(privacyProcedures.anonymise, { userId, name, audit });
  }

  forget(userId: UserId, at: number): Promise<void> {
    return this.#database.run(privacyProcedures.forget, { userId, at });
  }

  releaseFiles(userId: UserId, at: number): Promise<number> {
    return this.#database.run(privacyProcedures.releaseFiles, { userId, at });
  }

  /** Empties some of what they have written; answers the number up to which it has looked, `undefined` at the end. */
  emptyWritten(author: UserId, conversationId: ConversationId, after: number): Promise<number | undefined> {
    return this.#database.run(retentionProcedures.emptyWritten, { author, conversationId, after });
  }

  /** Their calls, and their name in the calls of others. @param rest waits between two transactions */
  eraseCalls(userId: UserId, rest: () => Promise<void>): Promise<number> {
    return eraseCalls(this.#journal, userId, rest);
  }

  /** Servers forget what they hold of conversations, and clients read them anew. */
  async startNewGeneration(): Promise<void> {
    await this.#database.run(housekeepingProcedures.raiseGeneration, undefined);
  }
}

interface ConversationRow {
  id: string;
  kind: string;
  title: string | null;
  role: string;
  joined_seq: number;
  left_seq: number | null;
  read_seq: number;
  muted_until: number | null;
}

interface WrittenRow {
  seq: number;
  entry_id: string;
  kind: string;
  body: string;
  accepted_at: number;
}

interface FileRow {
  id: string;
  name: string;
  size_bytes: number;
  media_type: string | null;
  state: string;
  created_at: number;
}
