import type { ConversationId, EntryId } from '#shared/ids.ts';
import type { StoredEntry } from '../commit-plan.ts';
import { targetOf } from '../entry-target.ts';
import { searchedMessage, tokensOfMessage } from './searched-message.ts';

/** One token of the message under a number. */
export type Posting = readonly [token: string, seq: number, at: number];

/** A message that was indexed before and says something else now, or nothing. */
export interface Replacement {
  readonly seq: number;
  readonly postings: readonly Posting[];
}

/** How the index follows the log from after one number to another. */
export interface IndexStep {
  readonly conversationId: ConversationId;
  /** The number up to which the index has followed so far. */
  readonly after: number;
  readonly upTo: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly added: readonly Posting[];
  readonly replaced: readonly Replacement[];
}

/** Ids of entries before these that these change. */
export function earlierTargets(entries: readonly StoredEntry[]): EntryId[] {
  const own = new Set(entries.map(({ entryId }) => entryId));
  const changes = entries.filter(({ kind }) => kind === 'edit' || kind === 'delete');
  const targets = changes.flatMap((entry) => targetOf(entry) ?? []);
  return [...new Set(targets)].filter((target) => !own.has(target));
}

/**
 * @param entries of one conversation, ascending, without a gap, at least one
 * @param earlier messages before them that they change, as they stand in SQL now
 */
export function planIndex(entries: readonly StoredEntry[], earlier: readonly StoredEntry[]): IndexStep | undefined {
  const [first] = entries;
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const edits = new Map<EntryId, StoredEntry>();
  for (const entry of entries) {
    const target = entry.kind === 'edit' ? targetOf(entry) : undefined;
    if (target !== undefined) edits.set(target, entry);
  }
  const postingsOf = (message: StoredEntry): Posting[] => {
    const searched = searchedMessage(message, edits.get(message.entryId));
    return searched === undefined ? [] : tokensOfMessage(searched).map((token) => [token, message.seq, message.at]);
  };
  const times = entries.map(({ at }) => at);
  return {
    conversationId: first.conversationId,
    after: first.seq - 1,
    upTo: last.seq,
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
    added: entries.flatMap(postingsOf),
    replaced: earlier
      .filter(({ kind }) => kind === 'message')
      .map((message) => ({ seq: message.seq, postings: postingsOf(message) })),
  };
}
