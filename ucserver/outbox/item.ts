import * as z from 'zod';

/**
 * Something accepted while SQL could not take it. A *line* (kind and key: a conversation, later a call) keeps the order of its
 * items; the id names an item within its line for ever.
 */
export interface OutboxItem {
  /** Whose it is: `chat`. */
  readonly kind: string;
  /** Opaque to the outbox; letters, digits, "_" and "-". */
  readonly key: string;
  readonly id: string;
  /** Provisional number: the order within the line, items of the same place in the order of their ids. */
  readonly place: number;
  /** Opaque text, from which its feature makes what goes into SQL. */
  readonly body: string;
}

/** Names a line; the form of `kind` and `key` makes it unambiguous. */
export type Line = string;

export const itemSchema = z.object({
  kind: z.string(),
  key: z.string(),
  id: z.string(),
  place: z.number().int().min(1),
  body: z.string(),
});

export function lineOf({ kind, key }: Pick<OutboxItem, 'kind' | 'key'>): Line {
  return `${kind}/${key}`;
}

/** Names an item across lines. */
export function nameOf(item: Pick<OutboxItem, 'kind' | 'key' | 'id'>): string {
  return `${lineOf(item)}/${item.id}`;
}

/** The order within a line. */
export function compareItems(one: OutboxItem, other: OutboxItem): number {
  if (one.place !== other.place) return one.place - other.place;
  if (one.id === other.id) return 0;
  return one.id < other.id ? -1 : 1;
}
