import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { AccountService } from './service.ts';

/** What a client can ask about its own account. */
export function registerAccountMethods(dispatcher: Dispatcher, account: AccountService): void {
  dispatcher.register('account.get', (_params, { userId }) => account.get(userId));
  dispatcher.register('account.update', ({ language, timeZone }, { userId }) => account.update(userId, { language, timeZone }));
  dispatcher.register('account.changePassword', async ({ current, next }, { userId, session }) => {
    await account.changePassword(userId, session.device.id, { current, next });
    return {};
  });
  dispatcher.register('account.devices', async (_params, { userId, session }) => ({
    devices: await account.devices(userId, session.device.id),
  }));
  dispatcher.register('account.signOut', async ({ deviceId }, { session }) => ({
    signedOut: await account.signOut(session, deviceId),
  }));
}
