import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { type Incarnation, serverIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { Health } from '#shared/runtime/health.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import {
  createOutbox,
  lineOf,
  type OutboxFeature,
  type OutboxItem,
  outboxConfigSchema,
  type RunningOutbox,
  type Settled,
} from '#ucserver/outbox/index.ts';
import { decodeRecords } from '#ucserver/outbox/spool-record.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryRedis, MemoryStore } from './memory-store.ts';

export type Act =
  | ({ readonly act: EntryKind; readonly author: number; readonly server: number } & { readonly conversation: number })
  | { readonly act: 'repeat'; readonly author: number; readonly server: number }
  | { readonly act: 'crash' | 'restart'; readonly server: number }
  | { readonly act: 'pass'; readonly ms: number }
  | {
      readonly act:
        | ('sqlAway' | 'sqlBack' | 'loseCommitAnswer')
        | ('redisAway' | 'redisBack' | 'redisSaves' | 'redisLoses' | 'redisEmpty' | 'loseAddAnswer')
        | ('tearLease' | 'loseEvents');
    };

/** An edit is of an own message, a reaction of anybody's; both need a target that can be read. */
type EntryKind = 'send' | 'edit' | 'react';

/** Something that somebody writes. */
interface Written {
  readonly id: string;
  readonly author: number;
  readonly conversation: number;
  readonly kind: EntryKind;
  readonly target: string | undefined;
}

type NewItem = Omit<OutboxItem, 'place'>;

/** Logs as SQL keeps them: in each conversation each id once, numbers without gaps. */
class MemorySql {
  isUp = true;
  loseAnswer = false;
  readonly #logs = new Map<string, string[]>();

  /** @throws UCError as the database does */
  async commit(items: readonly NewItem[]): Promise<number[]> {
    await Promise.resolve();
    if (!this.isUp) throw new UCError('STORAGE_UNAVAILABLE');
    for (const { key, id } of items) if (!this.log(key).includes(id)) this.log(key).push(id);
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new UCError('OUTCOME_UNKNOWN');
    }
    return items.map(({ key, id }) => this.log(key).indexOf(id) + 1);
  }

  log(key: string): string[] {
    const log = this.#logs.get(key) ?? [];
    this.#logs.set(key, log);
    return log;
  }

  get all(): string[] {
    return [...this.#logs.values()].flat();
  }
}

class Server {
  readonly incarnation: Incarnation;
  readonly disk: MemoryDisk;
  isAlive = true;
  outbox!: RunningOutbox;

  constructor(index: number, life: number, disk: MemoryDisk) {
    this.incarnation = { serverId: serverIdSchema.parse(`s${index}`), life };
    this.disk = disk;
  }
}

/** Servers with an outbox each, over one SQL and one Redis that fail when told to, and people who write one message after another. */
export class OutboxWorld {
  readonly sql = new MemorySql();
  readonly redis = new MemoryRedis();
  readonly #clock = new ManualClock();
  readonly #servers: Server[] = [];
  /** What was acknowledged, in the order of writing. */
  readonly #acknowledged: Written[] = [];
  /** What an author has not been answered yet: it is sent again before anything new. */
  readonly #unanswered = new Map<number, Written>();
  #written = 0;
  #eventsLost = 0;
  pendingEver = 0;
  crashes = 0;
  losses = 0;
  changes = 0;
  /** Something happened after which the order of one author's messages is not promised. */
  orderMaySuffer = false;

  static async start(servers: number): Promise<OutboxWorld> {
    const world = new OutboxWorld();
    for (let index = 0; index < servers; index++) world.#servers.push(await world.#newServer(index, 1, new MemoryDisk()));
    return world;
  }

  async do(step: Act): Promise<void> {
    switch (step.act) {
      case 'send':
      case 'edit':
      case 'react':
        return this.#write(step);
      case 'repeat':
        return this.#repeat(step.author, step.server);
      case 'crash':
        return this.#crash(step.server);
      case 'restart':
        return this.#restart(step.server);
      case 'pass':
        return this.#pass(step.ms);
      case 'sqlAway':
      case 'sqlBack':
        this.sql.isUp = step.act === 'sqlBack';
        return;
      case 'loseCommitAnswer':
        this.sql.loseAnswer = true;
        return;
      case 'redisAway':
      case 'redisBack':
        return this.redis.setUp(step.act === 'redisBack');
      case 'redisSaves':
        return this.redis.save();
      case 'redisLoses':
      case 'redisEmpty':
        this.losses++;
        // A crashed server cannot add its part again until it is back.
        if (this.#servers.some(({ isAlive }) => !isAlive)) this.orderMaySuffer = true;
        return this.redis.lose(step.act === 'redisEmpty');
      case 'loseAddAnswer':
        this.redis.loseAnswer = true;
        return;
      case 'tearLease':
        // Another server may drain at the same time.
        this.redis.content.lease = undefined;
        return;
      case 'loseEvents':
        this.#eventsLost += 3;
    }
  }

  /** What a server says when it is asked whether nothing is pending anywhere. */
  isEmpty(index: number): Promise<boolean> {
    const server = this.#servers[index];
    if (server === undefined) throw new Error(`there is no server ${index}`);
    return this.#until(server.outbox.isEmpty());
  }

  /** Everything is well again, and the outboxes have the time they need. */
  async recover(): Promise<void> {
    for (const index of this.#servers.keys()) await this.#restart(index);
    this.redis.setUp(true);
    this.sql.isUp = true;
    for (let tries = 0; tries < 20 && this.#isAnythingPending(); tries++) await this.#pass(1_500);
    // The spools are looked at once a second.
    await this.#pass(2_500);
  }

  async stop(): Promise<void> {
    await this.#until(Promise.all(this.#servers.map(({ outbox }) => outbox.stop())));
  }

  /** Invariants 1 and 2: in SQL, or in a fsynced spool. */
  checkAcknowledgedIsSafe(): void {
    const safe = new Set(this.sql.all);
    for (const { disk } of this.#servers) {
      for (const { bytes, syncedBytes } of disk.files.values()) {
        for (const record of decodeRecords(bytes.subarray(0, syncedBytes)).records)
          if ('item' in record) safe.add(record.item.id);
      }
    }
    for (const { id } of this.#acknowledged) assert.ok(safe.has(id), `${id} is nowhere`);
  }

  /** Invariants 1, 3 and 4. */
  checkEverythingIsStoredOnce(): void {
    assert.equal(this.#isAnythingPending(), false, 'nothing is pending any more');
    assert.equal(new Set(this.sql.all).size, this.sql.all.length);
    for (const { id, conversation } of this.#acknowledged)
      assert.ok(this.sql.log(keyOf(conversation)).includes(id), `${id} is lost, or in another conversation`);
    for (const { disk, incarnation } of this.#servers) {
      const left = [...disk.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
      assert.equal(left, 0, `the spool of ${incarnation.serverId} is empty`);
    }
  }

  /** Invariant 6. */
  checkOrderOfAuthors(): void {
    for (const own of Map.groupBy(this.#acknowledged, ({ author, conversation }) => `${author} in ${conversation}`).values()) {
      const seqs = own.map(({ id, conversation }) => this.sql.log(keyOf(conversation)).indexOf(id));
      assert.deepEqual(
        seqs,
        [...seqs].sort((one, other) => one - other),
        own.map(({ id }) => id).join(),
      );
    }
  }

  /** A change never comes before what it changes. */
  checkChangesFollowTheirTargets(): void {
    for (const { id, target, conversation } of this.#acknowledged) {
      if (target === undefined) continue;
      const log = this.sql.log(keyOf(conversation));
      assert.ok(log.indexOf(target) < log.indexOf(id), `${id} stands before ${target}`);
    }
  }

  #isAnythingPending(): boolean {
    return this.redis.content.items.size > 0 || this.#servers.some(({ outbox }) => [...outbox.lines()].length > 0);
  }

  async #write({ act: kind, author, server: index, conversation }: Extract<Act, { conversation: number }>): Promise<void> {
    const server = this.#servers[index];
    if (server?.isAlive !== true) return;
    const written = this.#unanswered.get(author) ?? this.#new(kind, author, conversation);
    if (written === undefined) return;
    this.#unanswered.set(author, written);
    const outcome = await this.#take(server, written);
    if (outcome === 'failed') return;
    this.#unanswered.delete(author);
    if (outcome === 'refused') return;
    if (written.kind !== 'send') this.changes++;
    this.#acknowledged.push(written);
  }

  /** @returns nothing when there is nothing to change. */
  #new(kind: EntryKind, author: number, conversation: number): Written | undefined {
    const isTarget = (each: Written) =>
      each.kind === 'send' && each.conversation === conversation && (kind === 'react' || each.author === author);
    const target = kind === 'send' ? undefined : this.#acknowledged.findLast(isTarget)?.id;
    if (kind !== 'send' && target === undefined) return undefined;
    return { id: `a${author}-${++this.#written}`, author, conversation, kind, target };
  }

  async #repeat(author: number, index: number): Promise<void> {
    const server = this.#servers[index];
    const written = this.#acknowledged.findLast((each) => each.author === author);
    if (server?.isAlive === true && written !== undefined) await this.#take(server, written);
  }

  /** What a server does with an entry: it takes it, refuses it because its target cannot be read, or fails and is asked again. */
  async #take({ outbox }: Server, written: Written): Promise<'taken' | 'refused' | 'failed'> {
    const { id, target, conversation } = written;
    const key = keyOf(conversation);
    const item: NewItem = { kind: 'chat', key, id, body: `${written.author} ${written.kind} ${target ?? ''}` };
    // Nobody knows then what the author has written elsewhere.
    if (!this.redis.isUp) this.orderMaySuffer = true;
    await this.#until(outbox.look());
    const isPending = (wanted: string) => outbox.pendingOf(lineOf(item)).some((each) => each.id === wanted);
    const isKnown = (wanted: string) => (this.sql.isUp && this.sql.log(key).includes(wanted)) || isPending(wanted);
    // The same entry again is not judged a second time.
    if (target !== undefined && !isKnown(id) && !isKnown(target)) return 'refused';
    try {
      if (outbox.carries(lineOf(item))) return await this.#accept(outbox, item);
      await this.#until(this.sql.commit([item]));
      return 'taken';
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      return this.#accept(outbox, item).catch(() => 'failed' as const);
    }
  }

  async #accept(outbox: RunningOutbox, item: NewItem): Promise<'taken' | 'failed'> {
    try {
      await this.#until(outbox.accept(item, 0));
      this.pendingEver++;
      return 'taken';
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      assert.notEqual(error.code, 'ID_CONFLICT');
      return 'failed';
    }
  }

  #crash(index: number): void {
    const server = this.#servers[index];
    if (server?.isAlive !== true) return;
    this.crashes++;
    if (this.losses > 0) this.orderMaySuffer = true;
    server.isAlive = false;
    server.disk.crash(7);
  }

  async #restart(index: number): Promise<void> {
    const server = this.#servers[index];
    if (server === undefined || server.isAlive) return;
    this.#servers[index] = await this.#newServer(index, server.incarnation.life + 1, server.disk);
  }

  async #newServer(index: number, life: number, disk: MemoryDisk): Promise<Server> {
    const server = new Server(index, life, disk);
    const { sql, redis } = this;
    const ifAlive = <T>(act: () => Promise<T>): Promise<T> => (server.isAlive ? act() : new Promise<T>(() => undefined));
    server.outbox = await createOutbox({
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
      store: new MemoryStore(redis, this.#clock, () => server.isAlive),
      redis: {
        get isUp() {
          return redis.isUp && server.isAlive;
        },
        get runId() {
          return String(redis.runId);
        },
        onBack: (listener) => redis.onBack(listener),
      },
      storage: {
        get canRead() {
          return sql.isUp && server.isAlive;
        },
        get canWrite() {
          return sql.isUp && server.isAlive;
        },
        onChange: () => () => undefined,
      },
      self: () => server.incarnation,
      members: { all: () => this.#servers.filter(({ isAlive }) => isAlive).map(({ incarnation }) => ({ incarnation }) as never) },
      config: outboxConfigSchema.parse({ drainBatch: 3, drainPauseMs: 1 }),
      clock: this.#clock,
      logger: silentLogger,
      health: new Health(this.#clock),
      registry: new Registry(),
    });
    server.outbox.addFeature('chat', this.#feature(server));
    server.outbox.start();
    return server;
  }

  #feature(server: Server): OutboxFeature {
    const others = () => {
      if (this.#eventsLost > 0) {
        this.#eventsLost--;
        return [];
      }
      return this.#servers.filter((other) => other !== server && other.isAlive && server.isAlive);
    };
    const settledOf = (item: OutboxItem): Settled[] => {
      const seq = this.sql.log(item.key).indexOf(item.id) + 1;
      return seq > 0 ? [{ item, seq }] : [];
    };
    return {
      same: (one, other) => one.body === other.body,
      store: async (items) => {
        if (!server.isAlive) return [];
        try {
          const seqs = await this.sql.commit(items);
          return items.map((item, index) => ({ item, seq: seqs[index] }));
        } catch {
          return [];
        }
      },
      held: async (items) => {
        if (!this.sql.isUp) throw new UCError('STORAGE_UNAVAILABLE');
        return items.flatMap(settledOf);
      },
      pending: (items, accepted) => {
        if (accepted) for (const other of others()) other.outbox.learn(items);
      },
      settled: (settled, seen) => {
        if (seen) for (const other of others()) other.outbox.settle(settled);
      },
    };
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 20) {
      await this.#clock.pass(Math.min(20, left));
      await turn();
    }
  }

  /** Lets time pass until the promise is settled. */
  async #until<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    promise.then(end, end);
    for (let tries = 0; !done && tries < 2_000; tries++) {
      await turn();
      if (!done) await this.#clock.pass(5);
    }
    assert.ok(done, 'there is an answer');
    return promise;
  }
}

function keyOf(conversation: number): string {
  return `c${conversation}`;
}
