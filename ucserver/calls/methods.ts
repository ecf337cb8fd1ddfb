import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { CallDesk } from './call-desk.ts';

/** What clients can ask of calls. */
export function registerCallMethods(dispatcher: Pick<Dispatcher, 'register'>, desk: CallDesk): void {
  dispatcher.register('calls.list', (_params, { userId }) => ({ calls: desk.userCalls.views(userId) }));
  dispatcher.register('calls.dial', (params, { userId }) => desk.dial(userId, params));
  for (const kind of ['hangUp', 'decline', 'hold', 'resume'] as const)
    dispatcher.register(`calls.${kind}`, ({ actId, callId }, { userId }) => desk.act(userId, actId, callId, { kind }));
  dispatcher.register('calls.transfer', ({ actId, callId, to }, { userId }) =>
    desk.act(userId, actId, callId, { kind: 'transfer', to }),
  );
  dispatcher.register('calls.transferTo', (params, { userId }) => desk.transferTo(userId, params));
  dispatcher.register('calls.sendDigits', ({ actId, callId, digits }, { userId }) =>
    desk.act(userId, actId, callId, { kind: 'sendDigits', digits }),
  );
  dispatcher.register('calls.pickUp', (params, { userId }) => desk.pickUp(userId, params));
}
