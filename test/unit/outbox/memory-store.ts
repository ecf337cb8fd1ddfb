import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Line, lineOf, type OutboxItem, type PendingStore } from '#ucserver/outbox/index.ts';
import { compareItems, nameOf } from '#ucserver/outbox/item.ts';

interface Content {
  readonly items: Map<string, OutboxItem>;
  /** Numbers of additions by name. */
  readonly added: Map<string, number>;
  readonly spools: Record<string, string>;
  additions: number;
  lease: { readonly holder: string; readonly untilMs: number } | undefined;
}

const copyOf = ({ items, added, spools, additions }: Content): Content => ({
  ...{ items: new Map(items), added: new Map(added), spools: { ...spools }, additions, lease: undefined },
});

/** What a Redis holds; it can be away, lose its last writes, and fail to answer. */
export class MemoryRedis {
  content: Content = { items: new Map(), added: new Map(), spools: {}, additions: 0, lease: undefined };
  runId = 1;
  isUp = true;
  /** The next addition happens, but its answer is lost. */
  loseAnswer = false;
  readonly #listeners = new Set<() => void>();
  #saved = copyOf(this.content);

  /** What stands now survives a later loss. */
  save(): void {
    this.#saved = copyOf(this.content);
  }

  /** Another process answers, with what was saved, or with nothing. */
  lose(everything: boolean): void {
    if (everything) this.#saved = { items: new Map(), added: new Map(), spools: {}, additions: 0, lease: undefined };
    this.content = copyOf(this.#saved);
    this.runId++;
    this.isUp = true;
    this.#tellBack();
  }

  setUp(isUp: boolean): void {
    if (isUp === this.isUp) return;
    this.isUp = isUp;
    if (isUp) this.#tellBack();
  }

  onBack(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tellBack(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function inOrder(one: OutboxItem, other: OutboxItem): number {
  if (lineOf(one) !== lineOf(other)) return lineOf(one) < lineOf(other) ? -1 : 1;
  return compareItems(one, other);
}

/** One server's way to a {@link MemoryRedis}. */
export class MemoryStore implements PendingStore {
  readonly #redis: MemoryRedis;
  readonly #clock: Clock;
  readonly #isAlive: () => boolean;

  constructor(redis: MemoryRedis, clock: Clock, isAlive: () => boolean = () => true) {
    this.#redis = redis;
    this.#clock = clock;
    this.#isAlive = isAlive;
  }

  async add(item: OutboxItem): Promise<OutboxItem> {
    const content = await this.#reach();
    const present = content.items.get(nameOf(item));
    if (present === undefined) {
      content.items.set(nameOf(item), item);
      content.added.set(nameOf(item), ++content.additions);
    }
    if (this.#redis.loseAnswer) {
      this.#redis.loseAnswer = false;
      throw new RedisUnavailable('noAnswer', 'lost');
    }
    return present ?? item;
  }

  async remove(items: readonly OutboxItem[]): Promise<void> {
    const content = await this.#reach();
    for (const item of items) {
      content.items.delete(nameOf(item));
      content.added.delete(nameOf(item));
    }
  }

  async first(limit: number): Promise<OutboxItem[]> {
    const content = await this.#reach();
    return [...content.items.values()].sort(inOrder).slice(0, limit);
  }

  async after(item: OutboxItem, limit: number): Promise<OutboxItem[]> {
    const content = await this.#reach();
    const behind = [...content.items.values()].filter((other) => inOrder(item, other) < 0);
    return behind.sort(inOrder).slice(0, limit);
  }

  async ofLine(line: Line, limit: number): Promise<OutboxItem[]> {
    const content = await this.#reach();
    const own = [...content.items.values()].filter((item) => lineOf(item) === line);
    return own.sort(compareItems).slice(0, limit);
  }

  async addedSince(addition: number, isKnown: (name: string) => boolean) {
    const content = await this.#reach();
    const added = [...content.added].filter(([, number]) => number > addition).sort(([, one], [, other]) => one - other);
    const items = added.flatMap(([name]) => (isKnown(name) ? [] : (content.items.get(name) ?? [])));
    return { items, upTo: added.at(-1)?.[1] ?? addition, more: false };
  }

  async lease(holder: string, lifeMs: number): Promise<boolean> {
    const content = await this.#reach();
    const nowMs = this.#clock.monotonicMs();
    if (content.lease !== undefined && content.lease.holder !== holder && content.lease.untilMs > nowMs) return false;
    content.lease = { holder, untilMs: nowMs + lifeMs };
    return true;
  }

  async spoolAdded(serverId: string, proof: string): Promise<void> {
    (await this.#reach()).spools[serverId] = proof;
  }

  async spoolsAdded(): Promise<Record<string, string>> {
    return { ...(await this.#reach()).spools };
  }

  async #reach(): Promise<Content> {
    await Promise.resolve();
    if (!this.#redis.isUp || !this.#isAlive()) throw new RedisUnavailable('away', 'not there');
    return this.#redis.content;
  }
}
