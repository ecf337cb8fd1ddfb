import { type UserId, userIdSchema } from '#shared/ids.ts';
import type { Person } from '#shared/protocol/directory.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { PermissionLevel } from '#shared/protocol/permissions.ts';
import { visibleCard } from '../auth/permissions.ts';
import type { Dispatcher } from '../gateway/index.ts';
import type { Directory } from './service.ts';
import { toCard, type User } from './user.ts';

export interface DirectoryMethodsOptions {
  readonly dispatcher: Dispatcher;
  readonly directory: Directory;
  readonly levelOf: (presentity: UserId, watcher: UserId) => PermissionLevel;
}

/** What clients can ask about people and groups; every card is cut to what the reader may see. */
export function registerDirectoryMethods({ dispatcher, directory, levelOf }: DirectoryMethodsOptions): void {
  const cards = (users: readonly User[], reader: UserId): Person[] =>
    users.map((user) => visibleCard(toCard(user), levelOf(user.id, reader)));

  dispatcher.register('directory.search', ({ query, limit }, { userId }) => ({
    people: cards(directory.search(query, limit), userId),
  }));
  dispatcher.register('directory.get', ({ userIds }, { userId }) => {
    const users = [...new Set(userIds)].map((id) => directory.byId(id)).filter((user) => user !== undefined);
    return { people: cards(users, userId) };
  });
  dispatcher.register('directory.groups', (_, { userId }) => ({
    groups: directory.groups.all().map(({ id, name }) => {
      const members = directory.groups.membersOf(id);
      return { groupId: id, name, memberCount: members.size, ...(members.has(userId) ? { own: true as const } : {}) };
    }),
  }));
  dispatcher.register('directory.people', ({ groupId, cursor, limit }, { userId }) => {
    if (groupId !== undefined && directory.groups.byId(groupId) === undefined) {
      throw new UCError('NOT_FOUND', undefined, { field: 'params.groupId' });
    }
    // One more than asked for tells whether there is a next page.
    const users = directory.people({ groupId, after: parsedCursor(cursor), limit: limit + 1 });
    const page = users.slice(0, limit);
    const people = cards(page, userId);
    return users.length > limit ? { people, nextCursor: page.at(-1)?.id } : { people };
  });
}

function parsedCursor(cursor: string | undefined): UserId | undefined {
  if (cursor === undefined) return undefined;
  const parsed = userIdSchema.safeParse(cursor);
  if (!parsed.success) throw new UCError('BAD_REQUEST', 'This cursor was not made by the server.', { field: 'params.cursor' });
  return parsed.data;
}
