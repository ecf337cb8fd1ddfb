import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import { keyOf, type StoredEntry } from '../commit-plan.ts';
import { targetOf } from '../entry-target.ts';
import type { Candidate, SearchRepository, Tail } from './repository.ts';

const entriesPage = 200;

/** Every message whose present text the index may not know: what it has not got to, and what was edited there. */
export async function* readTails(
  repository: Pick<SearchRepository, 'tails' | 'entriesAfter' | 'entries'>,
  userId: UserId,
  conversationId: ConversationId | undefined,
): AsyncGenerator<Candidate[]> {
  for (const tail of await repository.tails(userId, conversationId)) yield* readTail(repository, tail);
}

async function* readTail(
  repository: Pick<SearchRepository, 'entriesAfter' | 'entries'>,
  { conversationId, after, upTo, visibleFrom }: Tail,
): AsyncGenerator<Candidate[]> {
  const known = new Set<string>();
  for (let from = Math.max(after, visibleFrom - 1); from < upTo; ) {
    const entries: readonly StoredEntry[] = await repository.entriesAfter(conversationId, from, upTo, entriesPage);
    const last = entries.at(-1);
    if (last === undefined) return;
    from = last.seq;
    const edited: EntryId[] = entries.flatMap((entry) => (entry.kind === 'edit' ? (targetOf(entry) ?? []) : []));
    const earlier = await repository.entries(conversationId, edited);
    const visible = earlier.filter(({ seq }) => seq >= visibleFrom && seq <= upTo);
    const fresh = [...entries, ...visible].filter((entry) => entry.kind === 'message' && !known.has(keyOf(entry)));
    for (const entry of fresh) known.add(keyOf(entry));
    yield fresh.map((entry) => ({ entry, visibleUpTo: upTo }));
  }
}
