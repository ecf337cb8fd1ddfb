import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { type Dispatcher, fragment, type Session } from '../gateway/index.ts';
import type { Settings } from './service.ts';

export interface SettingMethodsOptions {
  readonly dispatcher: Dispatcher;
  readonly settings: Settings;
  readonly isAdministrator: (userId: UserId) => boolean;
  /** All sessions this server owns. */
  readonly sessions: () => Iterable<Session>;
}

/** What clients can ask about settings, and what they are told. Answers how to stop telling. */
export function registerSettingMethods({ dispatcher, settings, isAdministrator, sessions }: SettingMethodsOptions): () => void {
  function demandAdministrator(userId: UserId): void {
    if (!isAdministrator(userId)) throw new UCError('FORBIDDEN');
  }
  dispatcher.register('settings.client', () => ({ values: settings.clientValues() }));
  dispatcher.register('settings.list', ({ scope }, { userId }) => {
    demandAdministrator(userId);
    return { settings: settings.list(scope) };
  });
  dispatcher.register('settings.set', (params, { userId }) => {
    demandAdministrator(userId);
    return settings.set({ ...params, actor: userId });
  });
  return settings.onChange((keys) => {
    if (!keys.some((key) => settings.isClientVisible(key))) return;
    const told = fragment('settings.changed', { values: settings.clientValues() });
    for (const session of sessions()) session.push(told, 'settings');
  });
}
