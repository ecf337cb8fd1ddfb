import type { ConversationId, EntryId } from '#shared/ids.ts';
import type { Params, ParamsIn, Result } from '#shared/protocol/index.ts';
import { methods } from '#shared/protocol/index.ts';
import type { Methods } from '#shared/protocol/methods.ts';
import type { Equal, Expect } from './expect.ts';

declare const conversationId: ConversationId;
declare const entryId: EntryId;

export type Cases = [
  Expect<Equal<Params<'chat.send'>['conversationId'], ConversationId>>,
  Expect<Equal<Result<'chat.send'>['at'], number>>,
  // A client may leave out what has a default; a handler always gets it.
  Expect<Equal<ParamsIn<'chat.history'>['limit'], number | undefined>>,
  Expect<Equal<Params<'chat.history'>['limit'], number>>,
];

export const registry: Methods = methods;

export const history: ParamsIn<'chat.history'> = { conversationId };

// @ts-expect-error: a message without its id cannot be repeated
export const incomplete: ParamsIn<'chat.send'> = { conversationId, body: { text: 'hello' } };

// @ts-expect-error: the method has no such field
export const unknown: ParamsIn<'chat.history'> = { conversationId, entryId };

// @ts-expect-error: there is no such method
export type Unknown = Params<'chat.shout'>;
