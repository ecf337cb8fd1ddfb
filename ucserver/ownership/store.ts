import * as z from 'zod';
import { type Incarnation, type IncarnationId, incarnationId, serverIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import type { OwnerChangeRecord } from '#shared/mesh/contracts/ownership.ts';
import type { RedisConnection } from '#shared/redis/connection.ts';
import type { Keys } from '#shared/redis/keys.ts';
import type { RecordSigner } from '#shared/redis/records.ts';
import { defineScript } from '#shared/redis/script.ts';

const recordSchema = z.object({ term: z.number().int().min(0), server: serverIdSchema, life: z.number().int().min(0) });

const foundSchema = z.union([z.literal('BURIED'), z.array(z.string())]);
const file = (name: string) => new URL(`./lua/${name}.lua`, import.meta.url);
const takeScript = defineScript({
  ...{ file: file('take'), keys: ['owners', 'tombstones'], args: ['taker', 'users'], changes: true },
  reply: foundSchema,
});
const assertScript = defineScript({
  ...{ file: file('assert'), keys: ['owners', 'tombstones'], args: ['owner', 'users'], changes: true },
  reply: foundSchema,
});
const releaseScript = defineScript({
  ...{ file: file('release'), keys: ['owners'], args: ['users'], changes: true },
  reply: z.number(),
});

/** An ownership as it stands in Redis. */
export interface StoredOwner {
  readonly term: number;
  readonly owner: Incarnation;
}

/** What a script found where it did not write: the record, `owner` undefined when it was not signed by this mesh. */
export interface Found {
  readonly raw: string;
  readonly owner: StoredOwner | undefined;
}

/** This incarnation has a tombstone: nothing may be taken under its name any more. */
export class Buried extends Error {
  override readonly name = 'Buried';
}

interface Taking {
  readonly taker: IncarnationId;
  readonly userId: UserId;
  readonly seen: string;
  readonly record: string;
  readonly resolve: (found: string) => void;
  readonly reject: (error: unknown) => void;
}

const batchSize = 200;

/** The index of owners in Redis. */
export class OwnerStore {
  readonly #redis: RedisConnection;
  readonly #signer: RecordSigner;
  readonly #owners: string;
  readonly #tombstones: string;
  #waiting: Taking[] = [];

  constructor({ redis, signer, keys }: { redis: RedisConnection; signer: RecordSigner; keys: Keys }) {
    this.#redis = redis;
    this.#signer = signer;
    this.#owners = keys.owners();
    this.#tombstones = keys.tombstones();
  }

  /** The record of an ownership; always the same text for the same ownership. */
  record(userId: UserId, { term, owner }: StoredOwner): string {
    return this.#signer.sign(this.#place(userId), { term, server: owner.serverId, life: owner.life });
  }

  /**
   * Takes a user if the record `seen` ("" = none) still stands there. Takings of one turn of the event loop go as one script.
   * @returns `undefined` when taken, else what stands there (`raw` "" = nothing).
   * @throws RedisUnavailable, Buried
   */
  async take(userId: UserId, seen: string, taken: StoredOwner): Promise<Found | undefined> {
    const found = await new Promise<string>((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#takeAll());
      const taker = incarnationId(taken.owner);
      this.#waiting.push({ taker, userId, seen, record: this.record(userId, taken), resolve, reject });
    });
    return found === 'TAKEN' ? undefined : this.#found(userId, found);
  }

  /**
   * Writes what is owned after Redis may have lost it.
   * @returns the higher versions that stand there.
   * @throws RedisUnavailable, Buried
   */
  async assert(owner: Incarnation, users: readonly { userId: UserId; term: number }[]): Promise<Map<UserId, Found>> {
    const higher = new Map<UserId, Found>();
    const args = {
      owner: incarnationId(owner),
      users: JSON.stringify(users.map(({ userId, term }) => [userId, this.record(userId, { term, owner })])),
    };
    const reply = await this.#redis.run(assertScript, { owners: this.#owners, tombstones: this.#tombstones }, args);
    if (reply === 'BURIED') throw new Buried();
    users.forEach(({ userId }, at) => {
      const raw = reply[at];
      if (raw) higher.set(userId, this.#found(userId, raw));
    });
    return higher;
  }

  /** Removes ownerships, each only if it still stands there. @throws RedisUnavailable */
  async release(owners: readonly (StoredOwner & { userId: UserId })[]): Promise<void> {
    if (owners.length === 0) return;
    const users = JSON.stringify(owners.map((each) => [each.userId, this.record(each.userId, each)]));
    await this.#redis.run(releaseScript, { owners: this.#owners }, { users });
  }

  /** Everything in the index, page by page; what is not signed by this mesh is left out. @throws RedisUnavailable */
  async *all(): AsyncGenerator<(StoredOwner & { userId: UserId })[]> {
    let cursor = '0';
    do {
      const [next, words] = await this.#redis.use((client) => client.hscan(this.#owners, cursor, 'COUNT', batchSize));
      cursor = next;
      const page: (StoredOwner & { userId: UserId })[] = [];
      for (let at = 0; at + 1 < words.length; at += 2) {
        const userId = userIdSchema.safeParse(words[at]).data;
        const owner = userId && this.#found(userId, words[at + 1] ?? '').owner;
        if (userId && owner) page.push({ userId, ...owner });
      }
      yield page;
    } while (cursor !== '0');
  }

  #takeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const taker of new Set(waiting.map((each) => each.taker))) {
      const ofTaker = waiting.filter((each) => each.taker === taker);
      for (let at = 0; at < ofTaker.length; at += batchSize) void this.#takeBatch(taker, ofTaker.slice(at, at + batchSize));
    }
  }

  async #takeBatch(taker: IncarnationId, batch: readonly Taking[]): Promise<void> {
    try {
      const users = JSON.stringify(batch.map(({ userId, seen, record }) => [userId, seen, record]));
      const reply = await this.#redis.run(takeScript, { owners: this.#owners, tombstones: this.#tombstones }, { taker, users });
      if (reply === 'BURIED') throw new Buried();
      batch.forEach((each, at) => {
        each.resolve(reply[at] ?? '');
      });
    } catch (error) {
      for (const each of batch) each.reject(error);
    }
  }

  #found(userId: UserId, raw: string): Found {
    const record = this.#signer.verify(this.#place(userId), recordSchema, raw);
    return { raw, owner: record && { term: record.term, owner: { serverId: record.server, life: record.life } } };
  }

  #place(userId: UserId): string {
    return `${this.#owners} ${userId}`;
  }
}

/** A stored ownership in the form the owner map takes. */
export function asChange(userId: UserId, { term, owner }: StoredOwner): OwnerChangeRecord {
  return { userId, term, owner: incarnationId(owner), owned: true };
}
