import { type Dispatcher, ReadyResult } from '#ucserver/gateway/index.ts';
import type { PresenceService } from './service.ts';

/** What clients can ask about presence. */
export function registerPresenceMethods(dispatcher: Dispatcher, { watching, acts }: PresenceService): void {
  dispatcher.register('presence.watch', async ({ userIds }, { session }) => {
    const presences = await watching.watch(session, userIds);
    return new ReadyResult(`{"presences":[${presences.join(',')}]}`);
  });
  dispatcher.register('presence.unwatch', ({ userIds }, { session }) => {
    watching.unwatch(session, userIds);
    return {};
  });
  dispatcher.register('presence.get', async ({ userIds }, { session }) => ({ presences: await watching.get(session, userIds) }));
  dispatcher.register('presence.own', (_params, { session }) => acts.own(session));
  dispatcher.register('presence.set', (params, by) => acts.set(params, by));
  dispatcher.register('presence.setNote', (params, by) => acts.setNote(params, by));
}
