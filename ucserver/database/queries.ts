import {
  type Compilable,
  DummyDriver,
  Kysely,
  MssqlAdapter,
  MssqlIntrospector,
  MssqlQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { BoundQuery } from './procedure.ts';
import type { Schema } from './schema.ts';

export type Engine = 'sqlite' | 'mssql';

/** Stands for a value while a {@link Statement} is compiled. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type Build<P, R> = (db: Kysely<Schema>, param: <K extends keyof P & string>(name: K) => P[K], queries: Queries) => Compilable<R>;

/** A query with named places, compiled once per engine: for what runs often (compiling costs more than running it on SQLite). */
export interface Statement<P, R> {
  readonly build: Build<P, R>;
}

/**
 * @example
 * const raiseHead = statement<{ id: string; seq: number }>((db, param) =>
 *   db.updateTable('conversations').set({ last_seq: param('seq') }).where('id', '=', param('id')));
 */
export function statement<P, R = unknown>(build: Build<P, R>): Statement<P, R> {
  return { build };
}

interface Compiled {
  readonly sql: string;
  readonly places: readonly (Placeholder | { readonly fixed: unknown })[];
}

/** Writes queries for one engine; it never runs them. */
export class Queries {
  readonly engine: Engine;
  /** Kysely with the schema of ucmesh; executing a query through it fails, hand it to the database instead. */
  readonly db: Kysely<Schema>;
  readonly #compiled = new WeakMap<object, Compiled>();

  constructor(engine: Engine) {
    this.engine = engine;
    this.db = new Kysely<Schema>({
      dialect: {
        createDriver: () => new DummyDriver(),
        createAdapter: () => (engine === 'mssql' ? new MssqlAdapter() : new SqliteAdapter()),
        createIntrospector: (db) => (engine === 'mssql' ? new MssqlIntrospector(db) : new SqliteIntrospector(db)),
        createQueryCompiler: () => (engine === 'mssql' ? new MssqlQueryCompiler() : new SqliteQueryCompiler()),
      },
    });
  }

  /** The statement with these values in its places. */
  bind<P extends object, R>(prepared: Statement<P, R>, params: P): BoundQuery<R> {
    return this.bindEach(prepared, [params]);
  }

  /** The statement once for each of `list`, in order; SQL Server gets as many at a time as fit into one request. */
  bindEach<P extends object, R>(prepared: Statement<P, R>, list: readonly P[]): BoundQuery<R> {
    const { sql, places } = this.#compile(prepared);
    const sets = list.map((params) =>
      places.map((place) =>
        place instanceof Placeholder ? (params as Readonly<Record<string, unknown>>)[place.name] : place.fixed,
      ),
    );
    return { sql, sets };
  }

  /** At most `count` rows; the query must be ordered. Both engines spell it differently. */
  limit<R>(count: number, query: Limitable<R>): Compilable<R> {
    return this.engine === 'mssql' ? query.top(count) : query.limit(count);
  }

  #compile<P, R>(prepared: Statement<P, R>): Compiled {
    const known = this.#compiled.get(prepared);
    if (known !== undefined) return known;
    const param = (name: string) => new Placeholder(name) as never;
    const { sql, parameters } = prepared.build(this.db, param, this).compile();
    const places = parameters.map((value) => (value instanceof Placeholder ? value : { fixed: value }));
    const compiled = { sql, places };
    this.#compiled.set(prepared, compiled);
    return compiled;
  }
}

/** What {@link Queries.limit} needs of a select. */
export interface Limitable<R> {
  top(count: number): Compilable<R>;
  limit(count: number): Compilable<R>;
}
