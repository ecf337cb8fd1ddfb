export type { JournalRow, JournalRowInput } from './journal-row.ts';
export type { JournalWriter } from './port.ts';
