import type { NewEntry, Placement } from './commit-plan.ts';

/**
 * A batch on its way to the thread that writes, as columns: it is copied there, and copying many small objects costs more than
 * storing them.
 */
export interface EntryColumns {
  readonly conversationIds: readonly NewEntry['conversationId'][];
  readonly entryIds: readonly NewEntry['entryId'][];
  readonly authors: readonly NewEntry['author'][];
  readonly kinds: readonly string[];
  readonly bodies: readonly string[];
  readonly ats: readonly number[];
}

/** What became of a batch: for almost all of it the new number says everything. */
export interface PlacementColumns {
  /** By place in the batch: the number an entry was added under. */
  readonly seqs: readonly number[];
  /** By place in the batch: what was not added. */
  readonly others: ReadonlyMap<number, Placement>;
}

export function toColumns(batch: readonly NewEntry[]): EntryColumns {
  return {
    conversationIds: batch.map(({ conversationId }) => conversationId),
    entryIds: batch.map(({ entryId }) => entryId),
    authors: batch.map(({ author }) => author),
    kinds: batch.map(({ kind }) => kind),
    bodies: batch.map(({ body }) => body),
    ats: batch.map(({ at }) => at),
  };
}

export function fromColumns({ conversationIds, entryIds, authors, kinds, bodies, ats }: EntryColumns): NewEntry[] {
  return conversationIds.map((conversationId, index) => ({
    conversationId,
    entryId: required(entryIds[index]),
    author: required(authors[index]),
    kind: required(kinds[index]),
    body: required(bodies[index]),
    at: required(ats[index]),
  }));
}

export function toPlacementColumns(placements: readonly Placement[]): PlacementColumns {
  const others = new Map<number, Placement>();
  const seqs = placements.map((placement, index) => {
    if (placement.outcome === 'added') return placement.seq;
    others.set(index, placement);
    return 0;
  });
  return { seqs, others };
}

export function fromPlacementColumns({ seqs, others }: PlacementColumns, batch: readonly NewEntry[]): Placement[] {
  return batch.map(({ at, kind }, index) => others.get(index) ?? { outcome: 'added', seq: required(seqs[index]), at, kind });
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('columns of different length');
  return value;
}
