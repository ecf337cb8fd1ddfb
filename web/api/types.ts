import type * as z from 'zod';
import type { ActId } from '#shared/ids.ts';
import type { messageBodySchema } from '#shared/protocol/chat.ts';
import type { EventFields, EventName, MethodName, ParamsIn, Result } from '#shared/protocol/index.ts';
import type { deviceSchema, openResultSchema } from '#shared/protocol/session.ts';

export type { ActId, ConversationId, DeviceId, EntryId, FileId, GroupId, ServerId, SessionId, UserId } from '#shared/ids.ts';
export type { Account, Tokens } from '#shared/protocol/account.ts';
export type { Conversation, ConversationKind, Cursor, Entry, MemberRole, PendingEntry, Position } from '#shared/protocol/chat.ts';
export type { Called, Draft } from '#shared/protocol/chat-drafts.ts';
export type { SearchHit, Snippet } from '#shared/protocol/chat-search.ts';
export type { CloseReason } from '#shared/protocol/close-codes.ts';
export type { ContactList } from '#shared/protocol/contacts.ts';
export type { Person } from '#shared/protocol/directory.ts';
export type { FileRef, FileState, FileVariant } from '#shared/protocol/files.ts';
export type { Grantee, PermissionLevel } from '#shared/protocol/permissions.ts';
export type {
  ActivityReason,
  ManualState,
  OwnPresence,
  Presence,
  PresenceState,
  PresenceVersion,
} from '#shared/protocol/presence.ts';
export type { Activity, Capability, OpenResult, Reach, ServerAddress } from '#shared/protocol/session.ts';
export type { EventFields, EventName, MethodName, ParamsIn, Result };

/** What a client writes into a message. */
export type MessageBody = z.output<typeof messageBodySchema>;
export type DeviceFields = z.output<typeof deviceSchema>;
export type Welcome = Extract<z.output<typeof openResultSchema>, { status: 'welcome' }>;

/** Parameters as a caller writes them: the client makes the `actId` where none is given. */
export type CallParams<M extends MethodName> =
  ParamsIn<M> extends { actId: unknown } ? Omit<ParamsIn<M>, 'actId'> & { actId?: ActId } : ParamsIn<M>;
