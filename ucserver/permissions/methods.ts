import { type Dispatcher, fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Permissions } from './service.ts';

export interface PermissionMethodsOptions {
  readonly dispatcher: Dispatcher;
  readonly permissions: Permissions;
  readonly sessions: SessionTable;
}

/** What clients can ask about their grants, and what they are told. Answers how to stop telling. */
export function registerPermissionMethods({ dispatcher, permissions, sessions }: PermissionMethodsOptions): () => void {
  dispatcher.register('permissions.get', (_params, { userId }) => permissions.get(userId));
  dispatcher.register('permissions.grant', async (params, { userId }) => {
    await permissions.grant(userId, params);
    return {};
  });
  return permissions.onGrantsChanged((changed) => {
    for (const userId of changed === undefined ? sessions.users() : [changed]) {
      if (!sessions.has(userId)) continue;
      const told = fragment('permissions.changed', permissions.get(userId));
      for (const session of sessions.ofUser(userId)) session.push(told, 'permissions');
    }
  });
}
