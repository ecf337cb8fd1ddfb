import type { Database } from './port.ts';
import { statement } from './queries.ts';

/** A point in the history of one database. */
export interface FeedPosition {
  /** Which database: a new one, or one restored from a backup, has another. */
  readonly identity: string;
  readonly version: number;
}

/** Ids that changed, by kind. */
export type ChangedIds = ReadonlyMap<string, ReadonlySet<string>>;

export type FeedReading =
  | { readonly outcome: 'changes'; readonly position: FeedPosition; readonly changed: ChangedIds }
  /** The history does not lead from there to here: everything must be read anew. */
  | { readonly outcome: 'broken'; readonly position: FeedPosition };

interface HeadRow {
  readonly generation: number;
  readonly created_at: number;
  readonly version: number;
}

const pageChanges = 1_000;

const readHead = statement<object, HeadRow>((db) =>
  db
    .selectFrom('database_identity')
    .innerJoin('change_counter', 'change_counter.id', 'database_identity.id')
    .select(['generation', 'created_at', 'version']),
);

const readChanges = statement<{ after: number }, { version: number; kind: string; object_id: string }>((db, param, queries) =>
  queries.limit(
    pageChanges,
    db.selectFrom('changes').select(['version', 'kind', 'object_id']).where('version', '>', param('after')).orderBy('version'),
  ),
);

/** Where the database is now. @throws UCError STORAGE_UNAVAILABLE */
export async function readPosition(database: Database): Promise<FeedPosition> {
  const [head] = await database.read(database.queries.bind(readHead, {}));
  if (head === undefined) throw new Error('the database has no identity: it was not migrated');
  return { identity: `${head.generation}-${head.created_at}`, version: head.version };
}

/** What has changed since a position. @throws UCError STORAGE_UNAVAILABLE */
export async function readFeed(database: Database, from: FeedPosition): Promise<FeedReading> {
  const head = await readPosition(database);
  if (head.identity !== from.identity || head.version < from.version) return { outcome: 'broken', position: head };
  const changed = new Map<string, Set<string>>();
  let version = from.version;
  while (version < head.version) {
    const page = await database.read(database.queries.bind(readChanges, { after: version }));
    // Versions have no gaps; one that is missing was forgotten since we looked last.
    if (page[0]?.version !== version + 1) return { outcome: 'broken', position: head };
    for (const { kind, object_id } of page) {
      const ids = changed.get(kind) ?? new Set();
      changed.set(kind, ids.add(object_id));
    }
    version = page.at(-1)?.version ?? head.version;
  }
  return { outcome: 'changes', position: { identity: head.identity, version }, changed };
}
