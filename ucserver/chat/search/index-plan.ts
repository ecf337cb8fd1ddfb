import type { ConversationId, EntryId } from '#shared/ids.ts';
import type { StoredEntry } from '../commit-plan.ts';
import { targetOf } from '../entry-target.ts';
import { searchedMessage, tokensOfMessage } from './searched-message.ts';

/** What the message under a number is found by. */
export interface Posting {
  readonly seq: number;
  readonly at: number;
  readonly tokens: readonly string[];
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
  /** Messages that were indexed before and say something else now, or nothing. */
  readonly replaced: readonly Posting[];
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
  const postingOf = (message: StoredEntry): Posting => {
    const searched = searchedMessage(message, edits.get(message.entryId));
    return { seq: message.seq, at: message.at, tokens: searched === undefined ? [] : tokensOfMessage(searched) };
  };
  const times = entries.map(({ at }) => at);
  return {
    conversationId: first.conversationId,
    after: first.seq - 1,
    upTo: last.seq,
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
    added: entries.map(postingOf).filter(({ tokens }) => tokens.length > 0),
    replaced: earlier.filter(({ kind }) => kind === 'message').map(postingOf),
  };
}
