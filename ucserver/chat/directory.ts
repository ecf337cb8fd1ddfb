import { conversationIdSchema, type GroupId, groupIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import { memberRoleSchema } from '#shared/protocol/chat.ts';
import { type Replica, replicaParts } from '#ucserver/database/index.ts';
import { conversationKindOf } from './conversation-id.ts';
import type { ChatDirectory } from './conversation-members.ts';
import type { Departments } from './department-follower.ts';

interface Known {
  readonly members: readonly UserId[];
  readonly changedAt: number;
}

/** People and memberships from the memory copy of the database, which is there while SQL is away. */
export function replicaDirectory(replica: Pick<Replica, 'items' | 'refresh'>): ChatDirectory {
  const users = replica.items(replicaParts.users);
  const conversations = replica.items(replicaParts.conversationMembers);
  // The rows of a conversation are replaced when they change, so what was made of them can be kept as long as they are.
  const kept = new WeakMap<object, Known>();

  function known(conversationId: string): Known | undefined {
    const rows = conversations.get(conversationId);
    if (rows === undefined) return undefined;
    let found = kept.get(rows);
    if (found === undefined) {
      found = {
        members: rows.filter(({ left_seq }) => left_seq === null).map(({ user_id }) => userIdSchema.parse(user_id)),
        changedAt: rows.reduce((latest, row) => Math.max(latest, row.joined_seq, row.left_seq ?? 0), 0),
      };
      kept.set(rows, found);
    }
    return found;
  }

  return {
    memberOf(conversationId, userId) {
      const row = conversations.get(conversationId)?.find(({ user_id }) => user_id === userId);
      if (row === undefined) return undefined;
      const role = memberRoleSchema.catch('member').parse(row.role);
      return { role, visibleFrom: row.visible_from, joined: row.joined_seq, left: row.left_seq ?? undefined };
    },
    refresh: () => replica.refresh(),
    hasUser: (userId) => users.has(userId),
    *userIds() {
      for (const id of users.keys()) yield userIdSchema.parse(id);
    },
    groupCounts(userIds) {
      const counts = new Map<UserId, number>();
      for (const [conversationId, rows] of conversations) {
        const kind = conversationKindOf(conversationIdSchema.parse(conversationId));
        if (kind !== 'group' && kind !== 'channel') continue;
        for (const { user_id, left_seq } of rows) {
          const userId = userIds.find((each) => each === user_id);
          if (userId !== undefined && left_seq === null) counts.set(userId, (counts.get(userId) ?? 0) + 1);
        }
      }
      return counts;
    },
    membersOf: (conversationId) => known(conversationId)?.members,
    membersChangedAt: (conversationId) => known(conversationId)?.changedAt,
  };
}

/** The departments from the memory copy of the database. */
export function replicaDepartments(replica: Pick<Replica, 'items' | 'onChange'>): Departments {
  const groups = replica.items(replicaParts.groups);
  const members = replica.items(replicaParts.groupMembers);
  return {
    *ids() {
      for (const id of groups.keys()) yield groupIdSchema.parse(id);
    },
    has: (groupId) => groups.has(groupId),
    isIn: (groupId, userId) => members.get(groupId)?.some(({ user_id }) => user_id === userId) === true,
    onChange(listener) {
      const tell = (ids: readonly string[]) => listener(ids.map((id): GroupId => groupIdSchema.parse(id)));
      const stops = [replica.onChange(replicaParts.groups, tell), replica.onChange(replicaParts.groupMembers, tell)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
