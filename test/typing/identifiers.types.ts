import type { ConversationId, ServerId, UserId } from '#shared/ids.ts';
import { type errorCodes, UCError } from '#shared/protocol/errors.ts';
import type { Equal, Expect } from './expect.ts';

declare const user: UserId;
declare const server: ServerId;

export function identifiersAreNotMixedUp(take: (conversation: ConversationId) => void): void {
  // @ts-expect-error: a user is not a conversation
  take(user);
  // @ts-expect-error: a text is not an id until it was checked
  take('c1');
  const text: string = server;
  void text;
}

export function errorCodesAreKnown(): UCError[] {
  // @ts-expect-error: there is no such code
  return [new UCError('NOT_FOUND'), new UCError('NOT_THERE')];
}

export type Cases = [
  Expect<Equal<(typeof errorCodes)['BUSY']['retryable'], true>>,
  Expect<Equal<UCError['code'], keyof typeof errorCodes>>,
  // A brand does not vanish when the id is looked up.
  Expect<Equal<Equal<UserId, string>, false>>,
];
