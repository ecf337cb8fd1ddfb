import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { type NewEntry, planCommit, type StoredEntry } from '#ucserver/chat/commit-plan.ts';

/** Rows as SQL keeps them: logs under the numbers that the product's own plan gives, and rows of calls, which have none. */
export class MemorySql {
  isUp = true;
  /** The next transaction is not answered: it was committed, or it was not. */
  loseAnswer: 'after' | 'before' | undefined;
  readonly #logs = new Map<ConversationId, Map<number, StoredEntry>>();
  readonly #heads = new Map<ConversationId, number>();
  readonly calls = new Set<string>();

  /** One transaction. @throws UCError as the database does */
  async commit(batch: readonly NewEntry[]): Promise<StoredEntry[]> {
    return this.#transaction(() => {
      for (const { conversationId } of batch) if (!this.#heads.has(conversationId)) this.#heads.set(conversationId, 0);
      const present = batch.flatMap((entry) => this.find(entry.conversationId, entry.entryId) ?? []);
      const { inserts, heads, placements } = planCommit(batch, this.#heads, present);
      for (const entry of inserts) this.#insert(entry);
      for (const { id, lastSeq } of heads) this.#heads.set(id, lastSeq);
      return batch.map((entry, index) => {
        const placement = placements[index];
        if (placement === undefined || !('seq' in placement)) throw new Error(`${entry.entryId}: ${placement?.outcome}`);
        return { ...entry, seq: placement.seq };
      });
    });
  }

  async storeCalls(ids: readonly string[]): Promise<void> {
    await this.#transaction(() => {
      for (const id of ids) this.calls.add(id);
    });
  }

  find(conversationId: ConversationId, entryId: EntryId): StoredEntry | undefined {
    return [...(this.#logs.get(conversationId)?.values() ?? [])].find((entry) => entry.entryId === entryId);
  }

  /** As it stands there, without any order. */
  rows(conversationId: ConversationId): ReadonlyMap<number, StoredEntry> {
    return this.#logs.get(conversationId) ?? new Map();
  }

  lastSeq(conversationId: ConversationId): number {
    return this.#heads.get(conversationId) ?? 0;
  }

  after(conversationId: ConversationId, seq: number): StoredEntry[] {
    const behind = [...this.rows(conversationId).values()].filter((entry) => entry.seq > seq);
    return behind.sort((one, other) => one.seq - other.seq);
  }

  #insert(entry: StoredEntry): void {
    const log = this.#logs.get(entry.conversationId) ?? new Map<number, StoredEntry>();
    this.#logs.set(entry.conversationId, log);
    if (log.has(entry.seq)) throw new Error(`number ${entry.seq} is given twice`);
    if (this.find(entry.conversationId, entry.entryId) !== undefined) throw new Error(`${entry.entryId} is stored twice`);
    log.set(entry.seq, entry);
  }

  async #transaction<T>(act: () => T): Promise<T> {
    await Promise.resolve();
    if (!this.isUp) throw new UCError('STORAGE_UNAVAILABLE');
    const lost = this.loseAnswer;
    this.loseAnswer = undefined;
    if (lost === 'before') throw new UCError('OUTCOME_UNKNOWN');
    const result = act();
    if (lost === 'after') throw new UCError('OUTCOME_UNKNOWN');
    return result;
  }
}

/** An entry of this world. */
export function entryOf(
  { id, author, conversation, kind, target }: Written,
  conversationId = conversationIdOf(conversation),
): NewEntry {
  const body = JSON.stringify(kind === 'message' ? { text: id } : { target, ...(kind === 'edit' ? { text: id } : {}) });
  return { conversationId, entryId: id as EntryId, author: `user-${author}` as UserId, kind, body, at: 1 };
}

export type EntryKind = 'message' | 'edit' | 'delete' | 'reaction';

/** Something that somebody writes. */
export interface Written {
  readonly id: string;
  readonly author: number;
  readonly conversation: number;
  readonly kind: EntryKind;
  readonly target: string | undefined;
}

export function conversationIdOf(conversation: number): ConversationId {
  return `d-${conversation}` as ConversationId;
}
