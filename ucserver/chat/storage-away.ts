import { UCError } from '#shared/protocol/errors.ts';

/** SQL cannot be asked now: what memory holds is all there is. */
export function isAway(error: unknown): boolean {
  return error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE';
}
