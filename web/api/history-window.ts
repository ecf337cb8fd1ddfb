import type { ChatLog } from './chat-log.ts';
import { type ShownMessage, shownMessages } from './chat-view.ts';
import type { Client } from './client.ts';
import { withoutTexts } from './emptied.ts';
import type { ConversationId, Entry, EntryId } from './types.ts';

/** A page of a window, in entries. */
const pageSize = 50;

/** A piece of a log far from its newest entries, with what became of its messages since. Immutable. */
export interface HistoryWindow {
  readonly generation: number;
  /** Ascending, each number one more than that before it. */
  readonly entries: readonly Entry[];
  /** What names messages of this piece (edits, reactions, deletes) and may stand behind it. */
  readonly about: readonly Entry[];
  /** Up to this number `about` is all there is. */
  readonly aboutUpTo: number;
  /** It begins with the first entry that the user may see. */
  readonly complete: boolean;
}

/** Reads windows of one conversation. Everything throws `UCError`. */
export class HistoryWindows {
  readonly #client: Client;
  readonly #conversationId: ConversationId;

  constructor(client: Client, conversationId: ConversationId) {
    this.#client = client;
    this.#conversationId = conversationId;
  }

  /** The entries on both sides of a number. */
  async around(seq: number): Promise<HistoryWindow> {
    const before = seq + pageSize / 2;
    const { entries, head, more } = await this.#client.call('chat.history', this.#params({ before }));
    const about = await this.#about(entries);
    return { generation: head.generation, entries, about, aboutUpTo: head.seq, complete: !more };
  }

  async earlier(window: HistoryWindow): Promise<HistoryWindow> {
    const before = window.entries[0]?.seq;
    if (window.complete || before === undefined) return window;
    const { entries, more } = await this.#client.call('chat.history', this.#params({ before }));
    const about = await this.#about(entries);
    return { ...window, entries: [...entries, ...window.entries], about: [...window.about, ...about], complete: !more };
  }

  async later(window: HistoryWindow): Promise<HistoryWindow> {
    const after = window.entries.at(-1)?.seq ?? 0;
    const { entries } = await this.#client.call('chat.history', this.#params({ after }));
    const about = await this.#about(entries);
    return { ...window, entries: [...window.entries, ...entries], about: [...window.about, ...about] };
  }

  #params(place: { readonly before: number } | { readonly after: number }) {
    return { conversationId: this.#conversationId, limit: pageSize, ...place };
  }

  async #about(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const entryIds = entries.filter(({ kind }) => kind === 'message').map(({ entryId }) => entryId);
    if (entryIds.length === 0) return [];
    const read = await this.#client.call('chat.entries', { conversationId: this.#conversationId, entryIds });
    return read.entries.filter(({ kind }) => kind !== 'message');
  }
}

/** Whether what is newer than the window is all held: nothing that names its messages can be missing. */
export function isUpToDate(window: HistoryWindow, log: ChatLog): boolean {
  const first = log.entries[0]?.seq ?? log.head + 1;
  return window.generation === log.generation && first <= window.aboutUpTo + 1;
}

/** The messages of a window as they are now, by what the newest part of the log says of them. */
export function windowMessages({ entries, about }: HistoryWindow, log: ChatLog): readonly ShownMessage[] {
  const held = new Set<EntryId>(entries.map(({ entryId }) => entryId));
  const newer = new Map<number, Entry>();
  for (const entry of [...about, ...log.entries])
    if (entry.kind !== 'message' && !held.has(entry.entryId)) newer.set(entry.seq, entry);
  const pending = log.pending.filter(({ kind }) => kind !== 'message');
  const numbered = [...entries, ...[...newer.values()].sort((a, b) => a.seq - b.seq)];
  return shownMessages([...withoutTexts(numbered, log.emptiedUpTo), ...pending]);
}
