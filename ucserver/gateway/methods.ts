import type { Dispatcher } from './dispatcher.ts';
import type { SessionTable } from './session-table.ts';

/** The methods about the session itself that need nothing but the session. */
export function registerSessionMethods(dispatcher: Dispatcher, sessions: SessionTable): void {
  dispatcher.register('session.activity', ({ activity, unsentText }, { session }) => {
    sessions.setActivity(session, activity, unsentText);
    return {};
  });
  dispatcher.register('session.close', (_params, { session }) => {
    // After the answer is on its way. The code tells a client that is still there to stay away.
    setImmediate(() => session.end('replaced'));
    return {};
  });
}
