import { type ConversationId, type GroupId, type UserId, userIdSchema } from '#shared/ids.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { Department, DepartmentConversation } from './department-plan.ts';

/** Departments and their conversations as they stand in SQL. Everything it throws is what {@link Database} throws. */
export class DepartmentRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `undefined` when there is none of this id. */
  async department(groupId: GroupId): Promise<Department | undefined> {
    const { db } = this.#database.queries;
    const [group] = await this.#database.read(db.selectFrom('user_groups').select(['name', 'version']).where('id', '=', groupId));
    if (group === undefined) return undefined;
    const members = await this.#database.read(
      db
        .selectFrom('group_members as g')
        .innerJoin('users as u', 'u.id', 'g.user_id')
        .select('g.user_id')
        .where('g.group_id', '=', groupId)
        .orderBy('g.user_id'),
    );
    return { ...group, members: members.map(({ user_id }) => userIdSchema.parse(user_id)) };
  }

  /** `undefined` before its first entry. */
  async conversation(conversationId: ConversationId): Promise<DepartmentConversation | undefined> {
    const { db } = this.#database.queries;
    const [found] = await this.#database.read(
      db.selectFrom('conversations').select(['title', 'last_seq']).where('id', '=', conversationId),
    );
    if (found === undefined || found.last_seq === 0) return undefined;
    const rows = await this.#database.read(
      db
        .selectFrom('conversation_members')
        .select(['user_id', 'joined_seq', 'left_seq'])
        .where('conversation_id', '=', conversationId)
        .orderBy('user_id'),
    );
    const members: UserId[] = [];
    let changedAt = 0;
    for (const { user_id, joined_seq, left_seq } of rows) {
      if (left_seq === null) members.push(userIdSchema.parse(user_id));
      changedAt = Math.max(changedAt, joined_seq, left_seq ?? 0);
    }
    return { title: found.title ?? undefined, members, changedAt };
  }
}
