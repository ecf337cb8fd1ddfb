/** A call as the journal of one person keeps it. */
export interface JournalEntryTable {
  user_id: string;
  call_id: string;
  started_at: number;
  /** Of two records of one call for one person the one with the greater text is kept. */
  precedence: string;
  /** JSON; `{}` once its person has removed it. */
  document: string;
  /** What its person has written about it. */
  note: string | null;
  /** 1: a missed call that was not seen yet. */
  unread: number;
  removed_at: number | null;
}

export interface PhoneBookTable {
  id: string;
  name: string;
  /** How many it holds. */
  contacts: number;
  imported_at: number;
}

/** Some contacts of a phone book: few enough to be read and changed at once. */
export interface PhoneBookPartTable {
  id: string;
  book_id: string;
  number: number;
  /** JSON array of contacts. */
  document: string;
}
