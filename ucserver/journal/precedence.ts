import { createHash } from 'node:crypto';
import type { JournalRow } from './journal-row.ts';

/** Greater than every precedence: what a person has removed never comes back. */
export const removedPrecedence = '~';

/**
 * Of two rows for the same call and person the one with the greater text is kept (the rules stand at {@link JournalRow}); rows that
 * say the same have the same, so recording is idempotent and the order of arrival does not matter.
 */
export function precedenceOf(row: JournalRow): string {
  // The schema has put the fields into its own order, so equal rows have equal texts.
  const hash = createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 32);
  const sawEnd = row.closedByOther === true ? '0' : '1';
  return [sawEnd, digits(row.term, 10), digits(row.revision, 6), hash].join('.');
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
