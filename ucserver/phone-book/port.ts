import type { CallParty } from '#shared/protocol/journal.ts';

/** Who is behind a number. */
export interface CallerNames {
  /**
   * The person of the directory with this number, else the contact of a company phone book, from memory; with more than one of them
   * the first by name. `undefined` when nobody has it.
   *
   * @param number E.164 with +
   */
  nameOf(number: string): Pick<CallParty, 'userId' | 'name'> | undefined;
}
