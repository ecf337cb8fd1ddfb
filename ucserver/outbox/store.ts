import * as z from 'zod';
import type { RedisConnection } from '#shared/redis/connection.ts';
import type { Keys } from '#shared/redis/keys.ts';
import type { RecordSigner } from '#shared/redis/records.ts';
import { defineScript } from '#shared/redis/script.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { itemSchema, type Line, lineOf, nameOf, type OutboxItem } from './item.ts';
import type { Additions, PendingStore } from './pending-store.ts';

const file = (name: string) => new URL(`./lua/${name}.lua`, import.meta.url);
const addScript = defineScript({
  ...{ file: file('add'), keys: ['items', 'order', 'added', 'additions'], args: ['items'], changes: true },
  reply: z.array(z.string()),
});
const removeScript = defineScript({
  ...{ file: file('remove'), keys: ['items', 'order', 'added'], args: ['items'], changes: true },
  reply: z.number(),
});
const readScript = defineScript({
  ...{ file: file('read'), keys: ['items', 'order'], args: ['from', 'to', 'limit'], changes: false },
  reply: z.array(z.string()),
});
const leaseScript = defineScript({
  ...{ file: file('lease'), keys: ['drainer'], args: ['holder', 'lifeMs'], changes: true },
  reply: z.number(),
});

/** Items of one script: short enough that Redis does not keep others waiting. */
const atOnce = 200;
const placeDigits = 16;
const pageOfAdditions = 1_000;

interface Adding {
  readonly item: OutboxItem;
  readonly resolve: (inForce: OutboxItem) => void;
  readonly reject: (error: unknown) => void;
}

/** Pending items in the Redis that the servers share. Everything throws `RedisUnavailable`. */
export class RedisPendingStore implements PendingStore {
  readonly #redis: RedisConnection;
  readonly #signer: RecordSigner;
  readonly #logger: Logger;
  readonly #drainer: string;
  readonly #spools: string;
  readonly #keys: { readonly items: string; readonly order: string; readonly added: string; readonly additions: string };
  #adding: Adding[] = [];

  constructor({ redis, signer, keys, logger }: { redis: RedisConnection; signer: RecordSigner; keys: Keys; logger: Logger }) {
    this.#redis = redis;
    this.#signer = signer;
    this.#logger = logger;
    this.#drainer = keys.drainer();
    this.#spools = keys.spoolsAdded();
    this.#keys = {
      items: keys.pendingItems(),
      order: keys.pendingOrder(),
      added: keys.pendingAdded(),
      additions: keys.pendingAdditions(),
    };
  }

  add(item: OutboxItem): Promise<OutboxItem> {
    return new Promise((resolve, reject) => {
      if (this.#adding.length === 0) setImmediate(() => this.#addAll());
      this.#adding.push({ item, resolve, reject });
    });
  }

  async remove(items: readonly OutboxItem[]): Promise<void> {
    const removals: Promise<number>[] = [];
    for (let at = 0; at < items.length; at += atOnce) {
      const some = items.slice(at, at + atOnce).map((item) => [lineOf(item), item.id]);
      removals.push(this.#redis.run(removeScript, this.#keys, { items: JSON.stringify(some) }));
    }
    await Promise.all(removals);
  }

  first(limit: number): Promise<OutboxItem[]> {
    return this.#read('-', '+', limit);
  }

  after(item: OutboxItem, limit: number): Promise<OutboxItem[]> {
    return this.#read(`(${orderOf(item)}`, '+', limit);
  }

  ofLine(line: Line, limit: number): Promise<OutboxItem[]> {
    // "!" is the character after the blank.
    return this.#read(`[${line} `, `(${line}!`, limit);
  }

  async addedSince(addition: number, isKnown: (name: string) => boolean): Promise<Additions> {
    const range = [`(${addition}`, '+inf', 'WITHSCORES', 'LIMIT', 0, pageOfAdditions] as const;
    const words = await this.#redis.use((client) => client.zrangebyscore(this.#keys.added, ...range));
    // Most of it was told by the servers that accepted it: only what was not is carried here.
    const unknown = words.filter((name, index) => index % 2 === 0 && !isKnown(name));
    const items: OutboxItem[] = [];
    for (let at = 0; at < unknown.length; at += atOnce) items.push(...(await this.#named(unknown.slice(at, at + atOnce))));
    return { items, upTo: Number(words.at(-1) ?? addition), more: words.length === 2 * pageOfAdditions };
  }

  async lease(holder: string, lifeMs: number): Promise<boolean> {
    return (await this.#redis.run(leaseScript, { drainer: this.#drainer }, { holder, lifeMs })) === 1;
  }

  async spoolAdded(serverId: string, proof: string): Promise<void> {
    await this.#redis.use((client) => client.hset(this.#spools, serverId, proof));
  }

  spoolsAdded(): Promise<Record<string, string>> {
    return this.#redis.use((client) => client.hgetall(this.#spools));
  }

  #addAll(): void {
    const adding = this.#adding;
    this.#adding = [];
    for (let at = 0; at < adding.length; at += atOnce) void this.#addSome(adding.slice(at, at + atOnce));
  }

  async #addSome(adding: readonly Adding[]): Promise<void> {
    try {
      const items = adding.map(({ item }) => [lineOf(item), item.id, placeText(item.place), this.#sign(item)]);
      const found = await this.#redis.run(addScript, this.#keys, { items: JSON.stringify(items) });
      for (const [index, { item, resolve }] of adding.entries()) {
        const present = found[index] ?? '';
        const inForce = present === '' ? item : this.#verify(nameOf(item), present.slice(placeDigits + 1));
        if (inForce !== undefined) resolve(inForce);
        else await this.#replace(adding[index] as Adding);
      }
    } catch (error) {
      for (const { reject } of adding) reject(error);
    }
  }

  /** What stands there is not from this mesh. */
  async #replace({ item, resolve }: Adding): Promise<void> {
    await this.remove([item]);
    resolve(await this.add(item));
  }

  async #read(from: string, to: string, limit: number): Promise<OutboxItem[]> {
    const words = await this.#redis.run(readScript, this.#keys, { from, to, limit });
    const items: OutboxItem[] = [];
    const forged: OutboxItem[] = [];
    for (let at = 0; at + 1 < words.length; at += 2) {
      const [line = '', place = '', id = ''] = (words[at] ?? '').split(' ');
      const item = this.#verify(`${line}/${id}`, (words[at + 1] ?? '').slice(placeDigits + 1));
      if (item !== undefined) items.push(item);
      else
        forged.push({
          kind: line.slice(0, line.indexOf('/')),
          key: line.slice(line.indexOf('/') + 1),
          id,
          place: Number(place),
          body: '',
        });
    }
    if (forged.length > 0) {
      this.#logger.error('Pending items in Redis are not from this mesh; removing them', { items: forged.length });
      await this.remove(forged);
    }
    return items;
  }

  /** Those of these names that are still there. */
  async #named(names: readonly string[]): Promise<OutboxItem[]> {
    const found = await this.#redis.use((client) => client.hmget(this.#keys.items, ...names));
    return names.flatMap((name, index) => this.#verify(name, (found[index] ?? '').slice(placeDigits + 1)) ?? []);
  }

  #sign(item: OutboxItem): string {
    return this.#signer.sign(`${this.#keys.items} ${nameOf(item)}`, item);
  }

  #verify(name: string, record: string): OutboxItem | undefined {
    return this.#signer.verify(`${this.#keys.items} ${name}`, itemSchema, record);
  }
}

/** The member of `order`. */
function orderOf(item: OutboxItem): string {
  return `${lineOf(item)} ${placeText(item.place)} ${item.id}`;
}

function placeText(place: number): string {
  return String(place).padStart(placeDigits, '0');
}
