import { sql } from 'kysely';
import type { Database } from './port.ts';
import type { Schema } from './schema.ts';

/** Something of SQL that every server keeps in memory. */
export interface ReplicaPart<Item> {
  /** The kind under which procedures record its changes; unique. */
  readonly kind: string;
  readonly idOf: (row: never) => string;
  /** All rows in pages of at most `pageRows`; with `ids` only those of these objects. */
  readPages(database: Database, ids?: readonly string[]): AsyncGenerator<readonly object[]>;
  /** One object out of its rows; there is at least one. */
  toItem(rows: readonly object[]): Item;
}

type Row<T extends keyof Schema> = Schema[T];
type ColumnOf<T extends keyof Schema> = keyof Schema[T] & string;

/** Rows read at once: small enough that neither a thread nor the event loop is held up. */
export const pageRows = 500;
const idsAtOnce = 200;

/**
 * The rows of a table, each an item of its own.
 *
 * @param columns those to keep; default: all. Leave out what changes without a recorded change
 */
export function tablePart<T extends keyof Schema, C extends ColumnOf<T> = ColumnOf<T>>(
  kind: string,
  table: T,
  id: ColumnOf<T>,
  columns?: readonly C[],
): ReplicaPart<Readonly<Pick<Row<T>, C>>> {
  const { idOf, readPages } = reader(table, [id], columns);
  return { kind, idOf, readPages, toItem: ([row]) => row as Pick<Row<T>, C> };
}

/**
 * The rows of a table, joined to one item per value of the first key column.
 *
 * @param key the primary key; its first column is the id of the item
 * @param columns as with {@link tablePart}
 */
export function groupedTablePart<T extends keyof Schema, C extends ColumnOf<T> = ColumnOf<T>>(
  kind: string,
  table: T,
  key: readonly [ColumnOf<T>, ...ColumnOf<T>[]],
  columns?: readonly C[],
): ReplicaPart<readonly Readonly<Pick<Row<T>, C>>[]> {
  const { idOf, readPages } = reader(table, key, columns);
  return { kind, idOf, readPages, toItem: (rows) => rows as readonly Pick<Row<T>, C>[] };
}

function reader<T extends keyof Schema>(table: T, key: readonly ColumnOf<T>[], columns?: readonly string[]) {
  const [id] = key;
  if (id === undefined) throw new Error('a part needs a key');
  return {
    idOf: (row: Readonly<Record<string, unknown>>) => String(row[id]),
    async *readPages(database: Database, ids?: readonly string[]): AsyncGenerator<readonly object[]> {
      if (ids === undefined) {
        yield* pages(database, table, key, columns);
        return;
      }
      for (let at = 0; at < ids.length; at += idsAtOnce) {
        const some = ids.slice(at, at + idsAtOnce);
        yield* pages(database, table, key, columns, sql`${sql.ref(id)} in (${sql.join(some)})`);
      }
    },
  };
}

async function* pages(
  database: Database,
  table: string,
  key: readonly string[],
  columns: readonly string[] | undefined,
  only = sql`1 = 1`,
): AsyncGenerator<readonly object[]> {
  let after: Readonly<Record<string, unknown>> | undefined;
  for (;;) {
    const where = after === undefined ? only : sql`${only} and ${beyond(key, after)}`;
    const wanted = columns === undefined ? sql`*` : sql.join(columns.map((column) => sql.ref(column)));
    const order = sql.join(key.map((column) => sql.ref(column)));
    const top = database.engine === 'mssql' ? sql`top(${sql.lit(pageRows)}) ` : sql``;
    const limit = database.engine === 'mssql' ? sql`` : sql` limit ${sql.lit(pageRows)}`;
    const query = sql<
      Record<string, unknown>
    >`select ${top}${wanted} from ${sql.table(table)} where ${where} order by ${order}${limit}`;
    const page = await database.read(query.compile(database.queries.db));
    if (page.length > 0) yield page;
    if (page.length < pageRows) return;
    after = page.at(-1);
  }
}

/** Rows that come after one in the order of the key: a > 1, or a = 1 and b > 2 … (SQL Server has no row values). */
function beyond(key: readonly string[], row: Readonly<Record<string, unknown>>) {
  const steps = key.map((column, index) => {
    const equal = key.slice(0, index).map((earlier) => sql`${sql.ref(earlier)} = ${row[earlier]}`);
    return sql`(${sql.join([...equal, sql`${sql.ref(column)} > ${row[column]}`], sql` and `)})`;
  });
  return sql`(${sql.join(steps, sql` or `)})`;
}
