import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { SipDevices } from './devices.ts';

/** What clients can ask about their phones. */
export function registerPhoneMethods(dispatcher: Pick<Dispatcher, 'register'>, devices: SipDevices): void {
  dispatcher.register('phones.list', (_params, { userId }) => ({ devices: [...devices.list(userId)] }));
  dispatcher.register('phones.create', (params, { userId }) => devices.create(userId, params));
  dispatcher.register('phones.revoke', (params, { userId }) => devices.revoke(userId, params));
}
