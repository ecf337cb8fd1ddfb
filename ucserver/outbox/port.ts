import type { OutboxItem } from './item.ts';

/** An item that SQL was seen to hold. */
export interface Settled {
  readonly item: OutboxItem;
  /** Its final number, if its kind has numbers and it is known. */
  readonly seq: number | undefined;
}

/** What became of an item that was given to the outbox. */
export interface Accepted {
  /** As it is pending: with the place, and the body of the first try. */
  readonly item: OutboxItem;
  /** It has left the outbox meanwhile. */
  readonly settled: Settled | undefined;
}

/** A feature whose items the outbox carries. */
export interface OutboxFeature {
  /**
   * Nobody waits who could keep what is refused (a call is over, whoever hears of it): an item is accepted as soon as the spool of this
   * server holds it, and comes to Redis when that answers.
   */
  readonly spoolSuffices?: true;
  /** Whether two items of one name are the same thing sent twice, or an id used twice. */
  same(one: OutboxItem, other: OutboxItem): boolean;
  /**
   * Brings items into SQL, in the order given within each line; once one cannot be stored now, none behind it of its line is. Never
   * rejects, drops nothing: an item that SQL refuses for good is kept there in another form. @returns those that SQL holds now.
   */
  store(items: readonly OutboxItem[]): Promise<readonly Settled[]>;
  /** Reads which of these SQL holds. @throws UCError when it cannot be read. */
  held(items: readonly OutboxItem[]): Promise<readonly Settled[]>;
  /** These are pending now; `accepted` by this server, which is the one that tells the others. */
  pending(items: readonly OutboxItem[], accepted: boolean): void;
  /** SQL holds these now, which were pending here; `seen` by this server, which is the one that tells the others. */
  settled(settled: readonly Settled[], seen: boolean): void;
}

/** Whether SQL can be used now. */
export interface StorageWatch {
  readonly canRead: boolean;
  readonly canWrite: boolean;
  /** Answers how to stop listening. */
  onChange(listener: () => void): () => void;
}

/** What the outbox needs of the connection to Redis. */
export interface RedisWatch {
  readonly isUp: boolean;
  /** Names the process that answers. */
  readonly runId: string | undefined;
  /** It is reached again (or for the first time): what was written last may be lost. Answers how to stop listening. */
  onBack(listener: () => void): () => void;
}
