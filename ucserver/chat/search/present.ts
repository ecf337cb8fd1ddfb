import { keyOf, type NewEntry, type StoredEntry } from '../commit-plan.ts';
import { targetOf } from '../entry-target.ts';
import type { Candidate, SearchRepository } from './repository.ts';

/** A message, and its last edit that its reader may see. */
export interface Present {
  readonly message: StoredEntry;
  readonly edit: NewEntry | undefined;
}

/** What is not in SQL yet and changes what is. */
export interface Changes {
  readonly edits: ReadonlyMap<string, NewEntry>;
  readonly deleted: ReadonlySet<string>;
}

/** The changes among entries of the log's order; by {@link keyOf} what they change. */
export function changesOf(entries: readonly NewEntry[]): Changes {
  const edits = new Map<string, NewEntry>();
  const deleted = new Set<string>();
  for (const entry of entries) {
    const target = targetOf(entry);
    if (target === undefined) continue;
    const key = keyOf({ conversationId: entry.conversationId, entryId: target });
    if (entry.kind === 'edit') edits.set(key, entry);
    if (entry.kind === 'delete') deleted.add(key);
  }
  return { edits, deleted };
}

/** Messages among candidates as they stand now. */
export async function presentOf(
  candidates: readonly Candidate[],
  repository: Pick<SearchRepository, 'edits'>,
  pending: Changes,
): Promise<Present[]> {
  const messages = candidates.filter(({ entry }) => entry.kind === 'message');
  const stored = await repository.edits(messages.map(({ entry }) => entry));
  return messages.flatMap(({ entry, visibleUpTo }) => {
    const key = keyOf(entry);
    if (pending.deleted.has(key)) return [];
    const visible = stored.filter(({ conversationId, seq }) => conversationId === entry.conversationId && seq <= visibleUpTo);
    return { message: entry, edit: pending.edits.get(key) ?? visible.findLast((edit) => targetOf(edit) === entry.entryId) };
  });
}
