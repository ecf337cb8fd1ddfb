import sql from 'mssql';
import type { Outcome, Step } from '../procedure.ts';

/** SQL Server refuses more than 2,100 parameters. */
const mostParameters = 2_000;
/** Text of one request; longer ones compile slowly. */
const mostStatements = 200;

export interface Batch {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * The step as few requests: several sets of values become one text with the statement repeated and its parameters
 * renumbered, because a round trip costs far more than a statement.
 */
export function batchesOf({ sql: text, sets }: Step): Batch[] {
  const width = sets[0]?.length ?? 0;
  const perBatch = Math.max(1, Math.min(mostStatements, width === 0 ? mostStatements : Math.floor(mostParameters / width)));
  const batches: Batch[] = [];
  for (let at = 0; at < sets.length; at += perBatch) {
    const group = sets.slice(at, at + perBatch);
    const statements = group.map((_, index) => (index === 0 ? text : renumbered(text, index * width)));
    batches.push({ text: statements.join(';\n'), values: group.flat() });
  }
  return batches;
}

function renumbered(text: string, by: number): string {
  return text.replace(/@(\d+)\b/g, (_, number: string) => `@${Number(number) + by}`);
}

/** The type is named, because one inferred from the value changes with its length and fills the plan cache. */
function typeOf(value: unknown): sql.ISqlType | (() => sql.ISqlType) {
  if (typeof value === 'number') return Number.isInteger(value) ? sql.BigInt : sql.Float;
  if (typeof value === 'bigint') return sql.BigInt;
  if (value instanceof Uint8Array) return sql.VarBinary(sql.MAX);
  return typeof value === 'string' && value.length > 4_000 ? sql.NVarChar(sql.MAX) : sql.NVarChar(4_000);
}

function bound(request: sql.Request, values: readonly unknown[]): sql.Request {
  values.forEach((value, index) => {
    const given = value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value) : value;
    request.input(String(index + 1), typeOf(value), given);
  });
  return request;
}

type Row = Record<string, unknown>;

/** BIGINT arrives as text; all of ours are below 2^53. */
function withNumbers(recordset: sql.IRecordSet<Row>): Row[] {
  const columns = Object.values(recordset.columns)
    .filter(({ type }) => type === sql.BigInt)
    .map(({ name }) => name);
  if (columns.length > 0) {
    for (const row of recordset) {
      for (const name of columns) if (typeof row[name] === 'string') row[name] = Number(row[name]);
    }
  }
  return [...recordset];
}

/** Runs a step through requests made by `newRequest` (of a pool or of a transaction). */
export async function execute(newRequest: () => sql.Request, step: Step): Promise<Outcome> {
  const rows: Row[] = [];
  let changes = 0;
  for (const { text, values } of batchesOf(step)) {
    const result = await bound(newRequest(), values).query<Row>(text);
    for (const recordset of result.recordsets as sql.IRecordSet<Row>[]) rows.push(...withNumbers(recordset));
    changes += result.rowsAffected.reduce((sum, count) => sum + count, 0);
  }
  return { rows, changes };
}
