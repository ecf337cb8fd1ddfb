import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { ChatService } from './service.ts';

/** What clients can ask of chat. */
export function registerChatMethods(dispatcher: Pick<Dispatcher, 'register'>, chat: ChatService): void {
  dispatcher.register('chat.open', (params, { userId }) => chat.open(userId, params));
  dispatcher.register('chat.conversations', (params, { userId }) => chat.conversations(userId, params));
  dispatcher.register('chat.send', (params, { session }) => chat.send(session, params));
  dispatcher.register('chat.history', (params, { userId }) => chat.history(userId, params));
  dispatcher.register('chat.resume', (params, { userId }) => chat.resume(userId, params));
  dispatcher.register('chat.mark', (params, { session }) => chat.mark(session, params));
  dispatcher.register('chat.typing', (params, { userId }) => chat.type(userId, params));
}
