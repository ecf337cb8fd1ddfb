import { Registry } from 'prom-client';
import type { ConversationId } from '#shared/ids.ts';
import { type Incarnation, serverIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { Health } from '#shared/runtime/health.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { isSame, type StoredEntry } from '#ucserver/chat/commit-plan.ts';
import { LogState } from '#ucserver/chat/log-state.ts';
import { chatKind, fromItem, type PendingChat } from '#ucserver/chat/pending-item.ts';
import {
  createOutbox,
  lineOf,
  type OutboxFeature,
  type OutboxItem,
  outboxConfigSchema,
  type RunningOutbox,
  type Settled,
} from '#ucserver/outbox/index.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { MemorySql } from './memory-sql.ts';
import { type MemoryRedis, MemoryStore } from './memory-store.ts';
import type { WorldClient } from './world-client.ts';

/** What the servers of a world have in common. */
export interface WorldParts {
  readonly sql: MemorySql;
  readonly redis: MemoryRedis;
  readonly clock: Clock;
  readonly servers: readonly WorldServer[];
  /** Other servers that hear of something now; none when events are being lost. */
  readonly hearing: (from: WorldServer) => readonly WorldServer[];
}

export const callKind = 'journal';

/** One server: a real outbox, the product's order of delivery, and the clients that are signed in. */
export class WorldServer {
  readonly incarnation: Incarnation;
  readonly disk: MemoryDisk;
  readonly clients = new Set<WorldClient>();
  isAlive = true;
  outbox!: RunningOutbox;
  readonly #parts: WorldParts;
  readonly #logs = new Map<ConversationId, LogState>();

  static async start(index: number, life: number, disk: MemoryDisk, parts: WorldParts): Promise<WorldServer> {
    const server = new WorldServer(index, life, disk, parts);
    await server.#open();
    return server;
  }

  private constructor(index: number, life: number, disk: MemoryDisk, parts: WorldParts) {
    this.incarnation = { serverId: serverIdSchema.parse(`s${index}`), life };
    this.disk = disk;
    this.#parts = parts;
  }

  pendingOf(conversationId: ConversationId): PendingChat[] {
    return this.outbox.pendingOf(lineOf({ kind: chatKind, key: conversationId })).map(fromItem);
  }

  /** The highest number that is known here. */
  headOf(conversationId: ConversationId): number {
    return this.#logs.get(conversationId)?.head ?? 0;
  }

  /** A client was told how far the log goes. */
  answered(conversationId: ConversationId, head: number): void {
    if (!this.#logs.has(conversationId)) this.#logs.set(conversationId, new LogState(head));
  }

  /** This server has committed these. */
  committed(entries: readonly StoredEntry[]): void {
    const others = this.#parts.hearing(this);
    for (const server of [this, ...others]) for (const entry of entries) server.#take(entry);
  }

  /** Reads how far the logs go and what is missing. */
  readHeads(): void {
    const { sql } = this.#parts;
    if (!sql.isUp || !this.isAlive) return;
    for (const [id, log] of this.#logs) {
      log.learn(sql.lastSeq(id));
      if (log.hasGap) for (const entry of sql.after(id, log.told)) this.#take(entry);
    }
  }

  /** Power is lost. */
  crash(): void {
    this.isAlive = false;
    for (const client of this.clients) this.clients.delete(client);
    // A few bytes of what was not synced survive.
    this.disk.crash(7);
  }

  #take(entry: StoredEntry): void {
    const log = this.#logs.get(entry.conversationId) ?? new LogState(entry.seq - 1);
    this.#logs.set(entry.conversationId, log);
    for (const told of log.take(entry)) for (const client of this.clients) client.entry(told);
  }

  async #open(): Promise<void> {
    const { sql, redis, clock, servers } = this.#parts;
    const ifAlive = <T>(act: () => Promise<T>): Promise<T> => (this.isAlive ? act() : new Promise<T>(() => undefined));
    const isThere = () => sql.isUp && this.isAlive;
    const { disk } = this;
    this.outbox = await createOutbox({
      disk: {
        list: () => disk.list(),
        read: (name) => disk.read(name),
        remove: (name) => ifAlive(() => disk.remove(name)),
        create: async (name) => {
          const file = await ifAlive(() => disk.create(name));
          return {
            append: (bytes) => ifAlive(() => file.append(bytes)),
            sync: () => ifAlive(() => file.sync()),
            close: () => file.close(),
          };
        },
      },
      store: new MemoryStore(redis, clock, () => this.isAlive),
      redis: {
        get isUp() {
          return redis.isUp;
        },
        get runId() {
          return String(redis.runId);
        },
        onBack: (listener) => redis.onBack(() => this.isAlive && listener()),
      },
      storage: {
        get canRead() {
          return isThere();
        },
        get canWrite() {
          return isThere();
        },
        onChange: () => () => undefined,
      },
      self: () => this.incarnation,
      members: { all: () => servers.filter(({ isAlive }) => isAlive).map(({ incarnation }) => ({ incarnation }) as never) },
      config: outboxConfigSchema.parse({ drainBatch: 3, drainPauseMs: 1 }),
      ...{ clock, logger: silentLogger, health: new Health(clock), registry: new Registry() },
    });
    this.outbox.addFeature(chatKind, this.#chat());
    this.outbox.addFeature(callKind, this.#calls());
    this.outbox.start();
  }

  #chat(): OutboxFeature {
    const { sql } = this.#parts;
    return {
      ...this.#telling(),
      same: (one, other) => isSame(fromItem(one).entry, fromItem(other).entry),
      store: (items) =>
        this.#stored(items, async () => {
          const entries = await sql.commit(items.map((item) => fromItem(item).entry));
          this.committed(entries);
          return entries.map(({ seq }) => seq);
        }),
      held: async (items) => {
        if (!sql.isUp) throw new UCError('STORAGE_UNAVAILABLE');
        return items.flatMap((item) => {
          const { conversationId, entryId } = fromItem(item).entry;
          return sql.find(conversationId, entryId) ? { item, seq: sql.find(conversationId, entryId)?.seq } : [];
        });
      },
    };
  }

  #calls(): OutboxFeature {
    const { sql } = this.#parts;
    return {
      ...this.#telling(),
      same: (one, other) => one.body === other.body,
      store: (items) =>
        this.#stored(items, async () => {
          await sql.storeCalls(items.map(({ id }) => id));
          return [];
        }),
      held: async (items) => {
        if (!sql.isUp) throw new UCError('STORAGE_UNAVAILABLE');
        return items.flatMap((item) => (sql.calls.has(item.id) ? { item, seq: undefined } : []));
      },
    };
  }

  async #stored(items: readonly OutboxItem[], store: () => Promise<readonly number[]>): Promise<Settled[]> {
    if (!this.isAlive) return [];
    try {
      const seqs = await store();
      return items.map((item, index) => ({ item, seq: seqs[index] }));
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      return [];
    }
  }

  /** What becomes pending, and what no longer is, is told to the clients here and to the other servers. */
  #telling(): Pick<OutboxFeature, 'pending' | 'settled'> {
    const chats = (items: readonly OutboxItem[]) => items.filter(({ kind }) => kind === chatKind).map(fromItem);
    return {
      pending: (items, accepted) => {
        for (const chat of chats(items)) for (const client of this.clients) client.pending(chat);
        if (accepted) for (const other of this.#parts.hearing(this)) other.outbox.learn(items);
      },
      settled: (settled, seen) => {
        for (const { item, seq } of settled) {
          if (item.kind !== chatKind || seq === undefined) continue;
          const { conversationId, entryId } = fromItem(item).entry;
          for (const client of this.clients) client.committed(conversationId, entryId, seq);
        }
        if (seen) for (const other of this.#parts.hearing(this)) other.outbox.settle(settled);
      },
    };
  }
}
