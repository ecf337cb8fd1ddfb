export { type ErrorCode, UCError } from '#shared/protocol/errors.ts';
export type { CallOptions } from './calls.ts';
export { type ChatLog, type Delivery, deliveryOf } from './chat-log.ts';
export { type Reaction, type ShownMessage, shownMessages } from './chat-view.ts';
export { Client } from './client.ts';
export type { ClientOptions } from './client-options.ts';
export type { ClientState, SignedOutReason } from './client-state.ts';
export {
  type CredentialStore,
  type Credentials,
  type KeptMessage,
  MemoryCredentialStore,
  type StoredValues,
} from './client-store.ts';
export { type ClientClock, type ClientTimer, platformClock } from './clock.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { Connection, ConnectionLost } from './connection.ts';
export { LiveConversation } from './conversation.ts';
export { mostNamed } from './conversation-acts.ts';
export { type Arrival, Conversations, type NewGroupOptions } from './conversations.ts';
export { Emitter, type Unsubscribe } from './emitter.ts';
export { FileUpload, type UploadPhase } from './file-upload.ts';
export { Files } from './files.ts';
export { MessageSearch, type SearchCriteria } from './message-search.ts';
export type { NewMessage, Outgoing, Written } from './outgoing-queue.ts';
export { PresenceWatch } from './presence-watch.ts';
export { comparePresenceVersions, type Roster } from './roster.ts';
export { NoServerAnswered } from './sign-in.ts';
export { type DraftContent, isSameDraft, StoredDrafts } from './stored-drafts.ts';
export type * from './types.ts';
export type { ShownPart, WantedPlace } from './viewing.ts';
