import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type UserId, userIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { toItem } from '#ucserver/chat/pending-item.ts';
import { lineOf, type OutboxItem } from '#ucserver/outbox/index.ts';
import { decodeRecords } from '#ucserver/outbox/spool-record.ts';
import { MemoryDisk } from './memory-disk.ts';
import { conversationIdOf, type EntryKind, entryOf, MemorySql, type Written } from './memory-sql.ts';
import { MemoryRedis } from './memory-store.ts';
import { WorldClient } from './world-client.ts';
import { callKind, type WorldParts, WorldServer } from './world-server.ts';

export type Act =
  | ({ readonly act: EntryKind; readonly author: number; readonly server: number } & { readonly conversation: number })
  | { readonly act: 'repeat'; readonly author: number; readonly server: number }
  | { readonly act: 'call' | 'crash' | 'restart' | 'restartOld'; readonly server: number }
  | { readonly act: 'pass'; readonly ms: number }
  | {
      readonly act:
        | ('sqlAway' | 'sqlBack' | 'loseCommitAnswer' | 'loseCommit')
        | ('redisAway' | 'redisBack' | 'redisSaves' | 'redisLoses' | 'redisEmpty' | 'loseAddAnswer')
        | ('tearLease' | 'loseEvents');
    };

export const authors = 3;
export const conversations = 3;
type NewItem = Omit<OutboxItem, 'place'>;

/** Servers with an outbox each, over one SQL and one Redis that fail when told to, and people who write one thing after another. */
export class OutboxWorld {
  readonly sql = new MemorySql();
  readonly redis = new MemoryRedis();
  readonly #clock = new ManualClock();
  readonly #servers: WorldServer[] = [];
  readonly #clients: readonly WorldClient[];
  /** What was acknowledged, in the order of writing. */
  readonly #acknowledged: Written[] = [];
  readonly #calls: string[] = [];
  /** Acknowledged before Redis lost something: it may be missing there until somebody has added it again. */
  readonly #maybeLost = new Set<string>();
  /** What an author has not been answered yet: it is sent again before anything new. */
  readonly #unanswered = new Map<number, Written>();
  #written = 0;
  #eventsLost = 0;
  readonly reached = { pending: 0, crashed: 0, lost: 0, changed: 0, called: 0 };
  /** Something happened after which the order of one author's entries is not promised. */
  orderMaySuffer = false;

  static async start(servers: number): Promise<OutboxWorld> {
    const world = new OutboxWorld();
    for (let index = 0; index < servers; index++)
      world.#servers.push(await WorldServer.start(index, 1, new MemoryDisk(), world.#parts));
    for (const [index, client] of world.#clients.entries()) client.moveTo(world.#servers[index % servers] as WorldServer);
    return world;
  }

  private constructor() {
    const ids = Array.from({ length: conversations }, (_, index) => conversationIdOf(index));
    const self = (author: number): UserId => userIdSchema.parse(`user-${author}`);
    this.#clients = Array.from({ length: authors }, (_, author) => new WorldClient(self(author), ids, this.sql));
  }

  get #parts(): WorldParts {
    const hearing = (from: WorldServer) => {
      if (this.#eventsLost > 0) {
        this.#eventsLost--;
        return [];
      }
      return this.#servers.filter((other) => other !== from && other.isAlive && from.isAlive);
    };
    return { sql: this.sql, redis: this.redis, clock: this.#clock, servers: this.#servers, hearing };
  }

  async do(step: Act): Promise<void> {
    switch (step.act) {
      case 'message':
      case 'edit':
      case 'delete':
      case 'reaction':
        return this.#write(step);
      case 'repeat':
        return this.#repeat(step.author, step.server);
      case 'call':
        return this.#call(step.server);
      case 'crash':
        return this.#crash(step.server);
      case 'restart':
      case 'restartOld':
        return this.#restart(step.server, step.act === 'restartOld');
      case 'pass':
        return this.#pass(step.ms);
      case 'sqlAway':
      case 'sqlBack':
        this.sql.isUp = step.act === 'sqlBack';
        return;
      case 'loseCommit':
      case 'loseCommitAnswer':
        this.sql.loseAnswer = step.act === 'loseCommit' ? 'before' : 'after';
        return;
      case 'redisAway':
      case 'redisBack':
        return this.redis.setUp(step.act === 'redisBack');
      case 'redisSaves':
        return this.redis.save();
      case 'redisLoses':
      case 'redisEmpty':
        return this.#redisLoses(step.act === 'redisEmpty');
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
    for (const index of this.#servers.keys()) await this.#restart(index, false);
    this.redis.setUp(true);
    this.sql.isUp = true;
    for (let tries = 0; tries < 20 && this.#isAnythingPending(); tries++) await this.#pass(1_500);
    // The spools are looked at once a second.
    await this.#pass(2_500);
    for (const [author, client] of this.#clients.entries())
      client.moveTo(this.#servers[author % this.#servers.length] as WorldServer);
  }

  async stop(): Promise<void> {
    await this.#until(Promise.all(this.#servers.map(({ outbox }) => outbox.stop())));
  }

  /** What must hold at any moment: invariants 1 and 2, 4, and 5. */
  check(): void {
    this.#checkAcknowledgedIsSafe();
    this.#checkNumbers();
    for (const client of this.#clients) client.check();
  }

  /** Invariants 1 and 3, and every client's view: what was acknowledged is stored, once, and all have the same. */
  checkEverythingIsStoredOnce(): void {
    assert.equal(this.#isAnythingPending(), false, 'nothing is pending any more');
    for (const { id, conversation } of this.#acknowledged) assert.ok(this.#seqOf(id, conversation) > 0, `${id} is lost`);
    for (const id of this.#calls) assert.ok(this.sql.calls.has(id), `${id} is lost`);
    for (const { disk, incarnation } of this.#servers) {
      const left = [...disk.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
      assert.equal(left, 0, `the spool of ${incarnation.serverId} is empty`);
    }
    for (const client of this.#clients) client.checkIsWhole();
  }

  /** Invariant 6. */
  checkOrderOfAuthors(): void {
    for (const own of Map.groupBy(this.#acknowledged, ({ author, conversation }) => `${author} in ${conversation}`).values()) {
      const seqs = own.map(({ id, conversation }) => this.#seqOf(id, conversation));
      const sorted = [...seqs].sort((one, other) => one - other);
      assert.deepEqual(seqs, sorted, own.map(({ id }) => id).join());
    }
  }

  /** A change never comes before what it changes. */
  checkChangesFollowTheirTargets(): void {
    for (const { id, target, conversation } of this.#acknowledged)
      if (target !== undefined)
        assert.ok(this.#seqOf(target, conversation) < this.#seqOf(id, conversation), `${id} before ${target}`);
  }

  /** In SQL; or in a fsynced spool, and in Redis as long as that has lost nothing. */
  #checkAcknowledgedIsSafe(): void {
    const spooled = new Set<string>();
    for (const { disk } of this.#servers) {
      for (const { bytes, syncedBytes } of disk.files.values()) {
        for (const record of decodeRecords(bytes.subarray(0, syncedBytes)).records)
          if ('item' in record) spooled.add(record.item.id);
      }
    }
    const inRedis = new Set([...this.redis.content.items.values()].map(({ id }) => id));
    const inSql = new Set(this.sql.calls);
    for (let index = 0; index < conversations; index++)
      for (const { entryId } of this.sql.rows(conversationIdOf(index)).values()) inSql.add(entryId);
    for (const id of [...this.#acknowledged.map((written) => written.id), ...this.#calls]) {
      if (inSql.has(id)) continue;
      assert.ok(spooled.has(id), `${id} is in no spool`);
      if (inRedis.has(id)) this.#maybeLost.delete(id);
      else assert.ok(this.#maybeLost.has(id), `${id} is not in Redis`);
    }
  }

  /** Invariant 4, and 3: SQL itself refuses a number or an id that is there already. */
  #checkNumbers(): void {
    for (let index = 0; index < conversations; index++) {
      const id = conversationIdOf(index);
      const numbers = [...this.sql.rows(id).keys()].sort((one, other) => one - other);
      assert.deepEqual(
        numbers,
        Array.from({ length: this.sql.lastSeq(id) }, (_, before) => before + 1),
      );
    }
  }

  #seqOf(id: string, conversation: number): number {
    return [...this.sql.rows(conversationIdOf(conversation)).values()].find(({ entryId }) => entryId === id)?.seq ?? 0;
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
    this.#clients[author]?.moveTo(server);
    const outcome = await this.#take(server, written);
    if (outcome === 'failed') return;
    this.#unanswered.delete(author);
    if (outcome === 'refused') return;
    if (written.kind !== 'message') this.reached.changed++;
    this.#acknowledged.push(written);
  }

  /** @returns nothing when there is nothing to change: edits and deletes are of own messages, reactions of anybody's. */
  #new(kind: EntryKind, author: number, conversation: number): Written | undefined {
    const isTarget = (each: Written) =>
      each.kind === 'message' && each.conversation === conversation && (kind === 'reaction' || each.author === author);
    const target = kind === 'message' ? undefined : this.#acknowledged.findLast(isTarget)?.id;
    if (kind !== 'message' && target === undefined) return undefined;
    return { id: `a${author}-${++this.#written}`, author, conversation, kind, target };
  }

  async #repeat(author: number, index: number): Promise<void> {
    const server = this.#servers[index];
    const written = this.#acknowledged.findLast((each) => each.author === author);
    if (server?.isAlive === true && written !== undefined) await this.#take(server, written);
  }

  async #call(index: number): Promise<void> {
    const server = this.#servers[index];
    if (server?.isAlive !== true) return;
    const id = `call-${++this.#written}`;
    if ((await this.#accept(server, { kind: callKind, key: id, id, body: id })) === 'failed') return;
    this.#calls.push(id);
    this.reached.called++;
  }

  /** What a server does with an entry: it takes it, refuses it because its target cannot be read, or fails and is asked again. */
  async #take(server: WorldServer, written: Written): Promise<'taken' | 'refused' | 'failed'> {
    const { outbox } = server;
    const entry = entryOf(written);
    const { place: _, ...item } = toItem({ entry, place: 1, members: [] });
    // Nobody knows then what the author has written elsewhere.
    if (!this.redis.isUp) this.orderMaySuffer = true;
    await this.#until(outbox.look());
    const isStored = (id: string) => this.sql.isUp && this.#seqOf(id, written.conversation) > 0;
    const isKnown = (id: string) => isStored(id) || outbox.find({ ...item, id }) !== undefined;
    // The same entry again is not judged a second time.
    if (written.target !== undefined && !isKnown(written.id) && !isKnown(written.target)) return 'refused';
    if (outbox.carries(lineOf(item))) return this.#accept(server, item);
    try {
      server.committed(await this.#until(this.sql.commit([entry])));
      return 'taken';
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      return this.#accept(server, item);
    }
  }

  async #accept({ outbox }: WorldServer, item: NewItem): Promise<'taken' | 'failed'> {
    try {
      await this.#until(outbox.accept(item, 0));
      this.reached.pending++;
      return 'taken';
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      assert.notEqual(error.code, 'ID_CONFLICT');
      return 'failed';
    }
  }

  #redisLoses(everything: boolean): void {
    this.reached.lost++;
    for (const { id } of this.#acknowledged) this.#maybeLost.add(id);
    for (const id of this.#calls) this.#maybeLost.add(id);
    // A crashed server cannot add its part again until it is back.
    if (this.#servers.some(({ isAlive }) => !isAlive)) this.orderMaySuffer = true;
    this.redis.lose(everything);
  }

  #crash(index: number): void {
    const server = this.#servers[index];
    if (server?.isAlive !== true) return;
    this.reached.crashed++;
    if (this.reached.lost > 0) this.orderMaySuffer = true;
    server.crash();
  }

  /** @param old what it had deleted from its spool is there again, as after a backup of its folder was restored */
  async #restart(index: number, old: boolean): Promise<void> {
    const server = this.#servers[index];
    if (server === undefined || server.isAlive) return;
    if (old) server.disk.restoreRemoved();
    const { disk, incarnation } = server;
    this.#servers[index] = await WorldServer.start(index, incarnation.life + 1, disk, this.#parts);
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 20) {
      await this.#clock.pass(Math.min(20, left));
      await turn();
    }
    if (ms >= 1_000) for (const server of this.#servers) server.readHeads();
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
