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
  | { readonly act: 'send' | 'repeat'; readonly author: number; readonly server: number }
  | { readonly act: 'crash' | 'restart'; readonly server: number }
  | { readonly act: 'pass'; readonly ms: number }
  | {
      readonly act:
        | ('sqlAway' | 'sqlBack' | 'loseCommitAnswer')
        | ('redisAway' | 'redisBack' | 'redisSaves' | 'redisLoses' | 'redisEmpty' | 'loseAddAnswer')
        | ('tearLease' | 'loseEvents');
    };

type NewItem = Omit<OutboxItem, 'place'>;

/** A log as SQL keeps it: each id once, numbers without gaps. */
class MemorySql {
  isUp = true;
  loseAnswer = false;
  readonly log: string[] = [];

  /** @throws UCError as the database does */
  async commit(items: readonly NewItem[]): Promise<number[]> {
    await Promise.resolve();
    if (!this.isUp) throw new UCError('STORAGE_UNAVAILABLE');
    for (const { id } of items) if (!this.log.includes(id)) this.log.push(id);
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new UCError('OUTCOME_UNKNOWN');
    }
    return items.map(({ id }) => this.log.indexOf(id) + 1);
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
  /** Ids that were acknowledged, by author, in the order of writing. */
  readonly #acknowledged = new Map<number, string[]>();
  /** What an author has not been answered yet: it is sent again before anything new. */
  readonly #unanswered = new Map<number, string>();
  #written = 0;
  #eventsLost = 0;
  pendingEver = 0;
  crashes = 0;
  losses = 0;
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
        return this.#send(step.author, step.server);
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
    const safe = new Set(this.sql.log);
    for (const { disk } of this.#servers) {
      for (const { bytes, syncedBytes } of disk.files.values()) {
        for (const record of decodeRecords(bytes.subarray(0, syncedBytes)).records)
          if ('item' in record) safe.add(record.item.id);
      }
    }
    for (const ids of this.#acknowledged.values()) for (const id of ids) assert.ok(safe.has(id), `${id} is nowhere`);
  }

  /** Invariants 1, 3 and 4. */
  checkEverythingIsStoredOnce(): void {
    assert.equal(this.#isAnythingPending(), false, 'nothing is pending any more');
    assert.equal(new Set(this.sql.log).size, this.sql.log.length);
    for (const ids of this.#acknowledged.values()) for (const id of ids) assert.ok(this.sql.log.includes(id), `${id} is lost`);
    for (const { disk, incarnation } of this.#servers) {
      const left = [...disk.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
      assert.equal(left, 0, `the spool of ${incarnation.serverId} is empty`);
    }
  }

  /** Invariant 6. */
  checkOrderOfAuthors(): void {
    for (const ids of this.#acknowledged.values()) {
      const seqs = ids.map((id) => this.sql.log.indexOf(id));
      assert.deepEqual(
        seqs,
        [...seqs].sort((one, other) => one - other),
        ids.join(),
      );
    }
  }

  #isAnythingPending(): boolean {
    return this.redis.content.items.size > 0 || this.#servers.some(({ outbox }) => [...outbox.lines()].length > 0);
  }

  async #send(author: number, index: number): Promise<void> {
    const server = this.#servers[index];
    if (server?.isAlive !== true) return;
    const id = this.#unanswered.get(author) ?? `a${author}-${++this.#written}`;
    this.#unanswered.set(author, id);
    if (!(await this.#take(server, id))) return;
    this.#unanswered.delete(author);
    this.#acknowledged.set(author, [...(this.#acknowledged.get(author) ?? []), id]);
  }

  async #repeat(author: number, index: number): Promise<void> {
    const server = this.#servers[index];
    const id = this.#acknowledged.get(author)?.at(-1);
    if (server?.isAlive === true && id !== undefined) await this.#take(server, id);
  }

  /** What a server does with a message. @returns whether it was acknowledged. */
  async #take({ outbox }: Server, id: string): Promise<boolean> {
    const item: NewItem = { kind: 'chat', key: 'c', id, body: id.split('-')[0] ?? '' };
    // Nobody knows then what the author has written elsewhere.
    if (!this.redis.isUp) this.orderMaySuffer = true;
    await this.#until(outbox.look());
    try {
      if (outbox.carries(lineOf(item))) return await this.#accept(outbox, item);
      await this.#until(this.sql.commit([item]));
      return true;
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      return this.#accept(outbox, item).catch(() => false);
    }
  }

  async #accept(outbox: RunningOutbox, item: NewItem): Promise<boolean> {
    try {
      await this.#until(outbox.accept(item, 0));
      this.pendingEver++;
      return true;
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      assert.notEqual(error.code, 'ID_CONFLICT');
      return false;
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
      const seq = this.sql.log.indexOf(item.id) + 1;
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
