export interface ConversationTable {
  id: string;
  kind: string;
  last_seq: number;
  created_at: number;
  /** Null: a conversation of two people, which shows the name of the other. */
  title: string | null;
  /** Whether new members see what was written before. */
  history_visible: number;
  /** Up to here retention has emptied what it empties. */
  emptied_seq: number;
}

export interface ConversationMemberTable {
  conversation_id: string;
  user_id: string;
  joined_seq: number;
  left_seq: number | null;
  read_seq: number;
  delivered_seq: number;
  role: string;
  /** The first entry this member may see. */
  visible_from: number;
  /** No notices until then; null: they come. */
  muted_until: number | null;
}

export interface EntryTable {
  conversation_id: string;
  seq: number;
  entry_id: string;
  author_id: string;
  kind: string;
  /** JSON; `{}` once a deletion, retention or erasure has emptied it. */
  body: string;
  accepted_at: number;
  /** The entry that an edit, a delete or a reaction is about. */
  target_id: string | null;
}

/** What a person has begun to write. */
export interface ChatDraftTable {
  user_id: string;
  conversation_id: string;
  /** JSON; `{}`: there is none any more. */
  body: string;
  /** The highest wins. */
  version: number;
}

/** A run of entries of one conversation whose words are indexed together. */
export interface SearchPartTable {
  number: number;
  conversation_id: string;
  first_seq: number;
  last_seq: number;
  /** The earliest and the latest time of its entries. */
  first_at: number;
  last_at: number;
}

/** A word of a message, folded; `@…` names the author, `#file` says that files are attached. */
export interface SearchTokenTable {
  part: number;
  token: string;
  seq: number;
  accepted_at: number;
}
