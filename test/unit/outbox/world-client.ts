import assert from 'node:assert/strict';
import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import type { StoredEntry } from '#ucserver/chat/commit-plan.ts';
import type { PendingChat } from '#ucserver/chat/pending-item.ts';
import { pendingToWire, toWire } from '#ucserver/chat/wire.ts';
import {
  type ChatLog,
  isBehind,
  lastSeq,
  logOf,
  withCommitted,
  withEntries,
  withListing,
  withPending,
} from '#web/api/chat-log.ts';
import type { MemorySql } from './memory-sql.ts';
import type { WorldServer } from './world-server.ts';

const generation = 1;

/** One person's client, which keeps its logs with the code of the real one. */
export class WorldClient {
  readonly self: UserId;
  readonly #sql: MemorySql;
  readonly #logs = new Map<ConversationId, ChatLog>();
  readonly #reached = new Map<ConversationId, number>();
  #server: WorldServer | undefined;

  constructor(self: UserId, conversations: readonly ConversationId[], sql: MemorySql) {
    this.self = self;
    this.#sql = sql;
    for (const id of conversations) this.#logs.set(id, logOf(this.#listing(id, [], 0)));
  }

  /** Signs in at a server and gets what was missed. */
  moveTo(server: WorldServer): void {
    if (this.#server !== server) {
      this.#server?.clients.delete(this);
      server.clients.add(this);
      this.#server = server;
    }
    this.resume();
  }

  /** What `chat.resume` answers: from SQL and what is pending, or from memory while SQL is away. */
  resume(): void {
    const server = this.#server;
    if (server?.isAlive !== true) return;
    for (const [id, log] of this.#logs) {
      const pending = server.pendingOf(id);
      if (!this.#sql.isUp) {
        this.#set(id, withListing(log, { ...this.#listing(id, pending, server.headOf(id)), partial: true }, this.self));
        continue;
      }
      const head = this.#sql.lastSeq(id);
      server.answered(id, head);
      const listed = withListing(log, this.#listing(id, pending, head), this.self);
      this.#set(id, withEntries(listed, this.#sql.after(id, lastSeq(listed)).map(toWire), this.self));
    }
  }

  entry(entry: StoredEntry): void {
    this.#change(entry.conversationId, (log) => withEntries(log, [toWire(entry)], this.self));
  }

  pending(chat: PendingChat): void {
    this.#change(chat.entry.conversationId, (log) => withPending(log, [pendingToWire(chat)], this.self));
  }

  committed(conversationId: ConversationId, entryId: EntryId, seq: number): void {
    this.#change(conversationId, (log) => withCommitted(log, entryId, seq));
  }

  /** Invariant 5: the cursor stands behind a piece of the log without gaps, which is in SQL, and never goes back. */
  check(): void {
    for (const [id, log] of this.#logs) {
      const cursor = lastSeq(log);
      assert.ok(cursor >= (this.#reached.get(id) ?? 0), `the cursor of ${this.self} goes back`);
      this.#reached.set(id, cursor);
      const rows = this.#sql.rows(id);
      for (const [index, { seq, entryId }] of log.entries.entries()) {
        assert.equal(seq, (log.entries[0]?.seq ?? 0) + index, 'the log of a client has no gap');
        assert.equal(entryId, rows.get(seq)?.entryId, `${this.self} holds what SQL holds under ${seq}`);
      }
    }
  }

  /** Entry by entry what SQL holds, and nothing pending. */
  checkIsWhole(): void {
    for (const [id, log] of this.#logs) {
      assert.deepEqual(
        log.entries.map(({ seq, entryId }) => `${seq} ${entryId}`),
        this.#sql.after(id, 0).map(({ seq, entryId }) => `${seq} ${entryId}`),
        `${this.self} in ${id}`,
      );
      assert.deepEqual(log.pending, [], `${this.self} in ${id}`);
    }
  }

  #change(id: ConversationId, change: (log: ChatLog) => ChatLog): void {
    const log = this.#logs.get(id);
    if (log !== undefined) this.#set(id, change(log));
  }

  /** What is missing is fetched, when it can be. */
  #set(id: ConversationId, log: ChatLog): void {
    const missing = isBehind(log) && this.#sql.isUp ? this.#sql.after(id, lastSeq(log)).map(toWire) : [];
    this.#logs.set(id, missing.length > 0 ? withEntries(log, missing, this.self) : log);
  }

  #listing(conversationId: ConversationId, pending: readonly PendingChat[], seq: number) {
    const members = [this.self];
    const waiting = pending.map(pendingToWire);
    const head = { generation, seq };
    return { conversationId, kind: 'direct' as const, members, head, positions: [], unread: 0, pending: waiting };
  }
}
