import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';

/** An entry on its way into SQL. `body` is JSON text. */
export interface NewEntry {
  readonly conversationId: ConversationId;
  readonly entryId: EntryId;
  readonly author: UserId;
  readonly kind: string;
  readonly body: string;
  /** Wall time in ms. */
  readonly at: number;
}

/** An entry as it stands in SQL. */
export interface StoredEntry extends NewEntry {
  readonly seq: number;
}

/**
 * What became of an entry: `added` under the next number; `known`: it stands there already, from an earlier try; `conflict`: its
 * id was used for something else; `missing`: there is no such conversation.
 */
export type Placement =
  | { readonly outcome: 'added'; readonly seq: number; readonly at: number; readonly kind: string }
  | { readonly outcome: 'known'; readonly seq: number; readonly at: number; readonly kind: string; readonly emptied?: true }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'missing' };

export interface CommitPlan {
  /** For each entry of the batch, in its order. */
  readonly placements: readonly Placement[];
  readonly inserts: readonly StoredEntry[];
  /** The conversations that grow, with their new last number. */
  readonly heads: readonly { readonly id: ConversationId; readonly lastSeq: number }[];
}

/** Kind of an entry that SQL refused for good: it keeps its number so that the log has no gap. */
export const rejectedKind = 'rejected';

/** Body of an entry whose text was taken back; its number, author and time stay. */
export const emptiedBody = '{}';

/**
 * Gives each new entry of a batch its number.
 *
 * @param heads last number of each conversation of the batch that exists
 * @param present those entries of the batch that SQL holds already
 */
export function planCommit(
  batch: readonly NewEntry[],
  heads: ReadonlyMap<ConversationId, number>,
  present: readonly StoredEntry[],
): CommitPlan {
  const lastSeqs = new Map(heads);
  const known = new Map(present.map((entry) => [keyOf(entry), entry]));
  const inserts: StoredEntry[] = [];
  const placements = batch.map((entry): Placement => {
    const lastSeq = lastSeqs.get(entry.conversationId);
    if (lastSeq === undefined) return { outcome: 'missing' };
    const key = keyOf(entry);
    const same = known.get(key);
    if (same !== undefined) {
      if (!isSame(entry, same)) return { outcome: 'conflict' };
      const { seq, at, kind } = same;
      return { outcome: 'known', seq, at, kind, ...(same.body === emptiedBody && { emptied: true }) };
    }
    const stored = { ...entry, seq: lastSeq + 1 };
    lastSeqs.set(entry.conversationId, stored.seq);
    known.set(key, stored);
    inserts.push(stored);
    return { outcome: 'added', seq: stored.seq, at: stored.at, kind: stored.kind };
  });
  const grown = new Set(inserts.map(({ conversationId }) => conversationId));
  return { placements, inserts, heads: [...grown].sort().map((id) => ({ id, lastSeq: lastSeqs.get(id) ?? 0 })) };
}

/** What makes two entries the same one when they carry the same id. */
export function isSame(entry: NewEntry, stored: NewEntry): boolean {
  if (entry.author !== stored.author) return false;
  // The body of a rejected or emptied entry was replaced, so its author and id are all that can be compared.
  if (stored.kind === rejectedKind) return true;
  return entry.kind === stored.kind && (entry.body === stored.body || stored.body === emptiedBody);
}

/** Names an entry across conversations; "/" cannot be part of an id. */
export function keyOf({ conversationId, entryId }: Pick<NewEntry, 'conversationId' | 'entryId'>): string {
  return `${conversationId}/${entryId}`;
}
