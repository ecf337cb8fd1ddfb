import type { Line, OutboxItem } from './item.ts';

export interface Additions {
  /** In the order in which they were added. */
  readonly items: readonly OutboxItem[];
  /** Number of the last of these additions. */
  readonly upTo: number;
  /** There are further ones. */
  readonly more: boolean;
}

/** Where the servers share what is pending. Everything throws `RedisUnavailable`. */
export interface PendingStore {
  /** Adds an item unless one of its name is there. Resolves with what stands there now. */
  add(item: OutboxItem): Promise<OutboxItem>;
  /** Removes items that SQL was seen to hold. */
  remove(items: readonly OutboxItem[]): Promise<void>;
  /** The first items of all lines, in the order of lines and of places. */
  first(limit: number): Promise<OutboxItem[]>;
  /** Those that follow an item in this order, whether it is still there or not. */
  after(item: OutboxItem, limit: number): Promise<OutboxItem[]>;
  ofLine(line: Line, limit: number): Promise<OutboxItem[]>;
  /** What was added after this number and is still there; from 0: everything. Left out is what the caller knows by its name. */
  addedSince(addition: number, isKnown: (name: string) => boolean): Promise<Additions>;
  /** Takes or renews the drainer's lease. @returns whether it is the holder's now. */
  lease(holder: string, lifeMs: number): Promise<boolean>;
  /** Says that this server has added what is in its spool; see `keys.spoolsAdded`. */
  spoolAdded(serverId: string, proof: string): Promise<void>;
  spoolsAdded(): Promise<Record<string, string>>;
}
