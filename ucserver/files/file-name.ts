import { UCError } from '#shared/protocol/errors.ts';
import { maxFileNameUnits } from '#shared/protocol/files.ts';

/** What no name may hold: control characters, what turns the direction of writing around, and what separates folders. */
const unfit = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/gu;

/**
 * A name as it is shown and offered for saving. It never names anything in the store.
 *
 * @throws UCError `BAD_REQUEST` naming `name`.
 */
export function cleanName(given: string): string {
  const name = given.replace(unfit, '_').trim();
  if (name === '' || /^\.+$/.test(name)) throw refused('A file needs a name.');
  if (name.length > maxFileNameUnits) throw refused(`A name may have ${maxFileNameUnits} characters.`);
  if (!name.isWellFormed()) throw refused('The name must not hold a lone surrogate.');
  return name;
}

/** What stands behind the last dot, lower-case; dots and blanks at the end do not count, because Windows drops them. */
export function extensionOf(name: string): string {
  const [, extension = ''] = /\.([^.]*)$/.exec(name.replace(/[.\s]+$/, '')) ?? [];
  return extension.toLowerCase();
}

/** @throws UCError `FORBIDDEN` naming `name`. */
export function checkExtension(name: string, blocked: readonly string[]): void {
  const extension = extensionOf(name);
  if (!blocked.includes(extension)) return;
  throw new UCError('FORBIDDEN', `Files of the kind .${extension} are not allowed here.`, {
    field: 'name',
    details: { extension },
  });
}

function refused(message: string): UCError {
  return new UCError('BAD_REQUEST', message, { field: 'name' });
}
