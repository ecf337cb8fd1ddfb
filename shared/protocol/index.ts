import type * as z from 'zod';
import { accountEvents, accountMethods } from './account.ts';
import { callEvents, callMethods } from './calls.ts';
import { chatEvents, chatMethods } from './chat.ts';
import { chatDraftEvents, chatDraftMethods } from './chat-drafts.ts';
import { chatSearchMethods } from './chat-search.ts';
import { contactEvents, contactMethods } from './contacts.ts';
import { directoryEvents, directoryMethods } from './directory.ts';
import { fileMethods } from './files.ts';
import { journalEvents, journalMethods } from './journal.ts';
import { licensingEvents } from './licensing.ts';
import type { Events, Methods } from './methods.ts';
import { permissionEvents, permissionMethods } from './permissions.ts';
import { phoneBookMethods } from './phone-book.ts';
import { phoneMethods } from './phones.ts';
import { presenceEvents, presenceMethods } from './presence.ts';
import { sessionEvents, sessionMethods } from './session.ts';
import { settingEvents, settingMethods } from './settings.ts';

/** Every method of the client protocol. Handlers, the typed client and `docs/protocol.md` are made from this registry. */
export const methods = {
  ...sessionMethods,
  ...accountMethods,
  ...settingMethods,
  ...directoryMethods,
  ...contactMethods,
  ...permissionMethods,
  ...presenceMethods,
  ...fileMethods,
  ...chatMethods,
  ...chatDraftMethods,
  ...chatSearchMethods,
  ...phoneMethods,
  ...callMethods,
  ...phoneBookMethods,
  ...journalMethods,
} as const satisfies Methods;

/** Every event of the client protocol. */
export const events = {
  ...sessionEvents,
  ...licensingEvents,
  ...accountEvents,
  ...settingEvents,
  ...directoryEvents,
  ...contactEvents,
  ...permissionEvents,
  ...presenceEvents,
  ...chatEvents,
  ...chatDraftEvents,
  ...journalEvents,
  ...callEvents,
} as const satisfies Events;

export type MethodName = keyof typeof methods;
/** What a client writes: fields with a default may be missing. */
export type ParamsIn<M extends MethodName> = z.input<(typeof methods)[M]['params']>;
/** What a handler gets: defaults filled in. */
export type Params<M extends MethodName> = z.output<(typeof methods)[M]['params']>;
export type Result<M extends MethodName> = z.output<(typeof methods)[M]['result']>;

export type EventName = keyof typeof events;
export type EventFields<E extends EventName> = z.output<(typeof events)[E]['fields']>;
