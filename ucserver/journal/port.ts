import type { JournalRowInput } from './journal-row.ts';

/** Where the owners of calls write what became of them. */
export interface JournalWriter {
  /**
   * Records a call for one person. Resolves once the row cannot be lost any more: SQL holds it, or the fsynced spool of this server
   * (and Redis, if that answers). While neither can be written it is kept in memory and tried again, so who calls need not wait.
   * Recording the same again, here or on another server, changes nothing; see {@link JournalRowInput} for rows that differ.
   *
   * @throws z.ZodError when it is no such row, which is a mistake of the caller
   */
  record(row: JournalRowInput): Promise<void>;
}
