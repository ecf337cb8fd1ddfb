import * as z from 'zod';
import { type IncarnationId, incarnationId, type ServerId } from '../ids.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Keys } from '../redis/keys.ts';
import { type MemberRecord, memberRecordSchema, type RecordSigner, type Tombstone, tombstoneSchema } from '../redis/records.ts';
import { defineScript } from '../redis/script.ts';
import type { Logger } from '../runtime/logger.ts';

/** How long it is known that an incarnation is dead. */
export const tombstoneStayMs = 24 * 3_600_000;
/** How long a reaper may be silent before another takes over. */
export const reaperHoldMs = 5_000;

const lua = (name: string) => new URL(`./lua/${name}.lua`, import.meta.url);
const yes = z.number().transform((reply) => reply === 1);

const beginLifeScript = defineScript({
  file: lua('begin-life'),
  keys: ['lives'],
  args: ['serverId', 'atLeast'],
  changes: true,
  reply: z.coerce.number(),
});
const beatScript = defineScript({
  file: lua('beat'),
  keys: ['members', 'lives', 'tombstones'],
  args: ['serverId', 'life', 'record', 'channel'],
  changes: true,
  reply: z.tuple([z.enum(['OK', 'NEW', 'BURIED', 'SUPERSEDED']), z.string()]),
});
const buryScript = defineScript({
  file: lua('bury'),
  keys: ['tombstones', 'reaper'],
  args: ['incarnation', 'tombstone', 'stayMs', 'by', 'holdMs'],
  changes: true,
  reply: z.enum(['YOURS', 'OTHER', 'DONE']),
});
const forgetScript = defineScript({
  file: lua('forget'),
  keys: ['members', 'tombstones', 'reaper'],
  args: ['incarnation', 'by'],
  changes: true,
  reply: yes,
});
const leaveScript = defineScript({
  file: lua('leave'),
  keys: ['members', 'tombstones'],
  args: ['incarnation', 'tombstone', 'stayMs'],
  changes: true,
  reply: yes,
});
const restoreScript = defineScript({
  file: lua('restore'),
  keys: ['lives', 'tombstones'],
  args: ['lives', 'tombstones', 'stayMs'],
  changes: true,
  reply: yes,
});

/** What a heartbeat was answered. */
export type BeatResult =
  | 'ok'
  /** This incarnation is dead. */
  | 'buried'
  /** A higher life of this server has begun. */
  | 'superseded';

export interface BoardOptions {
  readonly redis: RedisConnection;
  readonly keys: Keys;
  readonly signer: RecordSigner;
  readonly logger: Logger;
}

/** What the servers of a mesh keep of each other in Redis. All methods throw `RedisUnavailable`. */
export class Board {
  readonly #redis: RedisConnection;
  readonly #signer: RecordSigner;
  readonly #logger: Logger;
  readonly #keys: { readonly members: string; readonly lives: string; readonly tombstones: string };
  readonly #reaper: Keys['reaper'];
  /** The incarnation whose heartbeat must stand there since Redis was last brought up to date. */
  #standing: IncarnationId | undefined;
  /** Where heartbeats are told. */
  readonly channel: string;

  constructor({ redis, keys, signer, logger }: BoardOptions) {
    this.#redis = redis;
    this.#signer = signer;
    this.#logger = logger;
    this.#keys = { members: keys.members(), lives: keys.lives(), tombstones: keys.tombstones() };
    this.#reaper = keys.reaper;
    this.channel = keys.beats();
  }

  /** Draws the next life of a server, `atLeast` this. */
  beginLife(serverId: ServerId, atLeast: number): Promise<number> {
    return this.#redis.run(beginLifeScript, this.#keys, { serverId, atLeast });
  }

  async beat(record: MemberRecord): Promise<BeatResult> {
    const id = incarnationId(record);
    const signed = this.#signer.sign(this.#memberPlace(id), record);
    const { serverId, life } = record;
    const [status, grave] = await this.#redis.run(beatScript, this.#keys, {
      serverId,
      life,
      record: signed,
      channel: this.channel,
    });
    if (status === 'OK' || status === 'NEW') {
      const isGone = status === 'NEW' && this.#standing === id;
      this.#standing = id;
      if (isGone) this.#redis.foundEmpty();
      return 'ok';
    }
    if (status === 'SUPERSEDED') return 'superseded';
    if (this.#tombstone(id, grave) !== undefined) return 'buried';
    this.#logger.error('A forged tombstone stands in Redis, removed', { incarnation: id });
    await this.#redis.use((client) => client.hdel(this.#keys.tombstones, id));
    return this.beat(record);
  }

  /** A record as it is told on {@link channel}; `undefined` when it is not genuine. */
  readBeat(text: string): MemberRecord | undefined {
    const claimed = /"serverId":"([a-z0-9-]+)","life":(\d+)/.exec(text);
    const record = claimed
      ? this.#signer.verify(this.#memberPlace(`${claimed[1]}:${claimed[2]}`), memberRecordSchema, text)
      : undefined;
    if (record === undefined) this.#logger.warn('A heartbeat is not genuine, ignored');
    return record;
  }

  /** Everything that stands there and is genuine. */
  async read(): Promise<{ readonly members: readonly MemberRecord[]; readonly tombstones: readonly Tombstone[] }> {
    const [members, tombstones] = await this.#redis.use((client) =>
      Promise.all([client.hgetall(this.#keys.members), client.hgetall(this.#keys.tombstones)]),
    );
    return {
      members: Object.entries(members).flatMap(
        ([id, text]) => this.#signer.verify(this.#memberPlace(id), memberRecordSchema, text) ?? [],
      ),
      tombstones: Object.entries(tombstones).flatMap(([id, text]) => this.#tombstone(id, text) ?? []),
    };
  }

  /**
   * Makes this death final.
   * @returns `YOURS`: `by` is the one that clears up, for 5 s, which the same call renews; `OTHER`: somebody else is; `DONE`: it is
   *   cleared up.
   */
  bury(tombstone: Tombstone, by: IncarnationId): Promise<'YOURS' | 'OTHER' | 'DONE'> {
    const { incarnation } = tombstone;
    return this.#redis.run(
      buryScript,
      { ...this.#keys, reaper: this.#reaper(incarnation) },
      { incarnation, tombstone: this.#signTombstone(tombstone), stayMs: tombstoneStayMs, by, holdMs: reaperHoldMs },
    );
  }

  /** Everything is cleared up. @returns false when `by` had lost the right to say so. */
  forget(incarnation: IncarnationId, by: IncarnationId): Promise<boolean> {
    return this.#redis.run(forgetScript, { ...this.#keys, reaper: this.#reaper(incarnation) }, { incarnation, by });
  }

  /** This server stops. */
  async leave(incarnation: IncarnationId): Promise<void> {
    const tombstone = this.#signTombstone({ incarnation, by: incarnation, reason: 'stopped' });
    await this.#redis.run(leaveScript, this.#keys, { incarnation, tombstone, stayMs: tombstoneStayMs });
  }

  /** Adds again what a server remembers. */
  async restore(lives: ReadonlyMap<ServerId, number>, tombstones: Iterable<Tombstone>): Promise<void> {
    this.#standing = undefined;
    await this.#redis.run(restoreScript, this.#keys, {
      lives: JSON.stringify(Object.fromEntries([...lives].map(([serverId, life]) => [serverId, String(life)]))),
      tombstones: JSON.stringify(
        Object.fromEntries([...tombstones].map((tombstone) => [tombstone.incarnation, this.#signTombstone(tombstone)])),
      ),
      stayMs: tombstoneStayMs,
    });
  }

  #memberPlace(id: string): string {
    return `${this.#keys.members} ${id}`;
  }

  #signTombstone(tombstone: Tombstone): string {
    return this.#signer.sign(`${this.#keys.tombstones} ${tombstone.incarnation}`, tombstone);
  }

  #tombstone(id: string, text: string): Tombstone | undefined {
    const record = text.replace(/^\d+ [01] /, '');
    return this.#signer.verify(`${this.#keys.tombstones} ${id}`, tombstoneSchema, record);
  }
}
