import { UCError, type UserId } from '#web/api/index.ts';
import { errorWords } from '#web/ui/error-words.ts';
import type { Words } from '#web/ui/text.ts';

/** Why people cannot be in a group together, in the words of the reader, as far as the server says more than a code. */
export function groupErrorLine(
  error: UCError,
  { text }: Pick<Words, 'text'>,
  nameOf: (userId: UserId) => string,
): string | undefined {
  const { groups } = text;
  const { userId, most } = (error.details ?? {}) as { readonly userId?: UserId; readonly most?: number };
  if (userId === undefined) return error.code === 'TOO_LARGE' && most !== undefined ? groups.full(most) : undefined;
  const name = nameOf(userId);
  if (error.code === 'FORBIDDEN') return groups.unreachable(name);
  if (error.code === 'NOT_FOUND') return groups.gone(name);
  return error.code === 'TOO_LARGE' && most !== undefined ? groups.inTooMany(name, most) : undefined;
}

/** The server's limit of members, as the client was told it. */
export function mostMembers(settings: Readonly<Record<string, unknown>>): number {
  const most = settings['chat.groupMembers'];
  return typeof most === 'number' ? most : 1_000;
}

/** What went wrong as a sentence. @throws what is no `UCError` */
export function errorLine(error: unknown, words: Pick<Words, 'text'>, nameOf: (userId: UserId) => string): string {
  if (!(error instanceof UCError)) throw error;
  return groupErrorLine(error, words, nameOf) ?? errorWords(error.code, words.text) ?? words.text.errors.other;
}
