import { conversationIdSchema, entryIdSchema, userIdSchema } from '#shared/ids.ts';
import type { StoredEntry } from './commit-plan.ts';

/** A row of the table `entries`. */
export interface EntryRow {
  conversation_id: string;
  seq: number;
  entry_id: string;
  author_id: string;
  kind: string;
  body: string;
  accepted_at: number;
}

export function toEntry(row: EntryRow): StoredEntry {
  return {
    conversationId: conversationIdSchema.parse(row.conversation_id),
    seq: row.seq,
    entryId: entryIdSchema.parse(row.entry_id),
    author: userIdSchema.parse(row.author_id),
    kind: row.kind,
    body: row.body,
    at: row.accepted_at,
  };
}
