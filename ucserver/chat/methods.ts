import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { DepartmentService } from './department-service.ts';
import type { DraftService } from './drafts/index.ts';
import type { GroupService } from './group-service.ts';
import type { MessageService } from './message-service.ts';
import type { NamedEntries } from './named-entries.ts';
import type { PositionReader } from './position-reader.ts';
import type { SearchService } from './search/index.ts';
import type { ChatService } from './service.ts';

export interface ChatServices {
  readonly chat: ChatService;
  readonly messages: MessageService;
  readonly groups: GroupService;
  readonly departments: DepartmentService;
  readonly drafts: DraftService;
  readonly named: NamedEntries;
  readonly positions: PositionReader;
  readonly search: SearchService;
}

/** What clients can ask of chat. */
export function registerChatMethods(
  dispatcher: Pick<Dispatcher, 'register'>,
  { chat, messages, groups, departments, drafts, named, positions, search }: ChatServices,
): void {
  dispatcher.register('chat.open', (params, { userId }) => chat.open(userId, params));
  dispatcher.register('chat.conversations', (params, { userId }) => chat.conversations(userId, params));
  dispatcher.register('chat.send', (params, { session }) => messages.send(session, params));
  dispatcher.register('chat.edit', (params, { session }) => messages.edit(session, params));
  dispatcher.register('chat.delete', (params, { session }) => messages.delete(session, params));
  dispatcher.register('chat.react', (params, { session }) => messages.react(session, params));
  dispatcher.register('chat.forward', (params, { session }) => messages.forward(session, params));
  dispatcher.register('chat.createGroup', (params, { session }) => groups.createGroup(session, params));
  dispatcher.register('chat.openDepartment', (params, { userId }) => departments.open(userId, params));
  dispatcher.register('chat.addMembers', (params, { session }) => groups.addMembers(session, params));
  dispatcher.register('chat.removeMembers', (params, { session }) => groups.removeMembers(session, params));
  dispatcher.register('chat.setRole', (params, { session }) => groups.setRole(session, params));
  dispatcher.register('chat.rename', (params, { session }) => groups.rename(session, params));
  dispatcher.register('chat.leave', (params, { session }) => groups.leave(session, params));
  dispatcher.register('chat.mute', (params, { session }) => groups.mute(session, params));
  dispatcher.register('chat.setDraft', (params, { session }) => drafts.set(session, params));
  dispatcher.register('chat.drafts', (params, { session }) => drafts.list(session, params));
  dispatcher.register('chat.history', (params, { userId }) => chat.history(userId, params));
  dispatcher.register('chat.entries', (params, { userId }) => named.read(userId, params));
  dispatcher.register('chat.search', (params, { session }) => search.search(session, params));
  dispatcher.register('chat.resume', (params, { userId }) => chat.resume(userId, params));
  dispatcher.register('chat.mark', (params, { session }) => chat.mark(session, params));
  dispatcher.register('chat.positions', (params, { userId }) => positions.read(userId, params));
  dispatcher.register('chat.typing', (params, { userId }) => chat.type(userId, params));
}
