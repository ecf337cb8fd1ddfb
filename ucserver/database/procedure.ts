import type { Compilable, CompiledQuery } from 'kysely';
import type { Queries } from './queries.ts';

/**
 * How code reaches SQL here. A *query* is compiled by Kysely, or is a {@link Statement} compiled once and bound to values.
 * A *procedure* is one transaction, written once for both engines as a generator that yields queries and gets their rows back:
 *
 * ```ts
 * // ucserver/notes/procedures.ts
 * const insertNote = statement<{ id: string; body: string }>((db, param) =>
 *   db.insertInto('notes').values({ id: param('id'), body: param('body') }));
 *
 * export const noteProcedures = procedureSet('notes', import.meta.url, {
 *   *add(queries, note: { id: string; body: string }) {
 *     const old = yield* first(queries.db.selectFrom('notes').select('body').where('id', '=', note.id));
 *     if (old !== undefined) return { added: false };
 *     yield* change(queries.bind(insertNote, note));
 *     yield* recordChange(queries, 'note', [note.id]);
 *     return { added: true };
 *   },
 * });
 *
 * // anywhere: await database.run(noteProcedures.add, { id, body })
 * ```
 *
 * On SQLite the whole generator runs inside the writer's worker thread, which imports the module by its URL; on SQL Server it
 * runs here, each yield a round trip. So parameters and results must be structured-cloneable, everything a procedure needs
 * (time, ids) comes in its parameters, it may be run again from the start (deadlock), and an error ends the transaction:
 * catching one inside a procedure does not save it.
 */
export type Steps<R> = Generator<Step, R, Outcome>;

/** One statement, run once per set of values, in order. */
export interface Step {
  readonly sql: string;
  readonly sets: readonly (readonly unknown[])[];
  /** This step records a change that other servers should hear of once the transaction is committed. */
  readonly announces?: boolean;
}

/** Rows of all sets joined, and how many rows were changed in all. */
export interface Outcome {
  readonly rows: readonly unknown[];
  readonly changes: number;
}

declare const rowType: unique symbol;

/** A step that is known to answer rows of type R. */
export interface BoundQuery<R> extends Step {
  readonly [rowType]?: R;
}

/** What can be run: a Kysely builder, its compiled form, or a bound statement. */
export type Query<R> = Compilable<R> | CompiledQuery<R> | BoundQuery<R>;

export function toStep(query: Query<unknown>): Step {
  if ('sets' in query) return query;
  const { sql, parameters } = 'compile' in query ? query.compile() : query;
  return { sql, sets: [parameters] };
}

/** All rows of a query. */
export function* rows<R>(query: Query<R>): Steps<R[]> {
  const outcome = yield toStep(query);
  return outcome.rows as R[];
}

/** The first row of a query, `undefined` when there is none. */
export function* first<R>(query: Query<R>): Steps<R | undefined> {
  const found = yield* rows(query);
  return found[0];
}

/** Runs a query for its effect; answers how many rows it inserted, updated or deleted. */
export function* change(query: Query<unknown>): Steps<number> {
  const outcome = yield toStep(query);
  return outcome.changes;
}

/** The body of a transaction. */
export type ProcedureBody<P, R> = (queries: Queries, params: P) => Steps<R>;

/** A transaction by name, as {@link import('./port.ts').Database.run} takes it. */
export interface Procedure<P, R> {
  readonly name: string;
  readonly body: ProcedureBody<P, R>;
}

const source = Symbol.for('ucmesh.procedures');

/** The procedures of one module. */
export type ProcedureSet<Bodies = unknown> = {
  readonly [K in keyof Bodies]: Bodies[K] extends ProcedureBody<infer P, infer R> ? Procedure<P, R> : never;
} & { readonly [source]: string };

/**
 * Names the transactions of a module. The result must be exported from the module whose URL is given, at its top level, and
 * be given to {@link import('./open-database.ts').openDatabase}; importing that module must have no effects.
 *
 * @param name prefix of the procedures' names, unique in the server: the feature's name.
 */
export function procedureSet<Bodies extends Readonly<Record<string, ProcedureBody<never, unknown>>>>(
  name: string,
  moduleUrl: string,
  bodies: Bodies,
): ProcedureSet<Bodies> {
  const named = Object.entries(bodies).map(([key, body]) => [key, { name: `${name}.${key}`, body }] as const);
  return { ...Object.fromEntries(named), [source]: moduleUrl } as unknown as ProcedureSet<Bodies>;
}

export function isProcedureSet(value: unknown): value is ProcedureSet {
  return typeof value === 'object' && value !== null && source in value;
}

/** URL of the module a set is exported from. */
export function moduleOf(set: ProcedureSet): string {
  return set[source];
}

/** The procedures of a set. */
export function proceduresOf(set: ProcedureSet): readonly Procedure<unknown, unknown>[] {
  return Object.values(set);
}

/** Runs a procedure over a driver that answers at once (a SQLite connection). */
export function drive<R>(steps: Steps<R>, execute: (step: Step) => Outcome): { result: R; announces: boolean } {
  let announces = false;
  let turn = steps.next();
  while (!turn.done) {
    announces ||= turn.value.announces === true;
    turn = steps.next(execute(turn.value));
  }
  return { result: turn.value, announces };
}

/** Runs a procedure over a driver that answers later (a SQL Server transaction). */
export async function driveAsync<R>(
  steps: Steps<R>,
  execute: (step: Step) => Promise<Outcome>,
): Promise<{ result: R; announces: boolean }> {
  let announces = false;
  let turn = steps.next();
  while (!turn.done) {
    announces ||= turn.value.announces === true;
    turn = steps.next(await execute(turn.value));
  }
  return { result: turn.value, announces };
}
