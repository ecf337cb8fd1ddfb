import type { ErrorCode } from '#shared/protocol/errors.ts';
import type { Catalogue } from './catalogue-en.ts';

/** What went wrong, as a sentence for the reader; `undefined` where only the page knows what it means to them. */
export function errorWords(code: ErrorCode, { errors }: Pick<Catalogue, 'errors'>): string | undefined {
  return code in errors ? errors[code as Exclude<keyof typeof errors, 'other'>] : undefined;
}
