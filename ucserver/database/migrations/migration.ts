import type { Engine } from '../queries.ts';

/** Column types and table endings of one engine, so that a migration is written once. */
export interface Dialect {
  readonly engine: Engine;
  /** Compared exactly, at most 64 characters. */
  readonly id: string;
  /** Compared exactly. */
  exact(length: number): string;
  text(length: number): string;
  readonly longText: string;
  readonly int: string;
  readonly bigint: string;
  readonly blob: string;
  /** Ends a CREATE TABLE whose rows are found by their primary key alone. */
  readonly keyed: string;
  /** Ends a CREATE TABLE to which rows of many groups are added at once: in the order they come, so that they share pages. */
  readonly appended: string;
}

const sqlite: Dialect = {
  engine: 'sqlite',
  id: 'text',
  exact: () => 'text',
  text: () => 'text',
  longText: 'text',
  int: 'integer',
  bigint: 'integer',
  blob: 'blob',
  keyed: 'strict, without rowid',
  appended: 'strict',
};

const mssql: Dialect = {
  engine: 'mssql',
  id: 'nvarchar(64) collate Latin1_General_100_BIN2',
  exact: (length) => `nvarchar(${length}) collate Latin1_General_100_BIN2`,
  text: (length) => `nvarchar(${length})`,
  longText: 'nvarchar(max)',
  int: 'int',
  bigint: 'bigint',
  blob: 'varbinary(max)',
  keyed: '',
  appended: '',
};

export const dialects: Readonly<Record<Engine, Dialect>> = { sqlite, mssql };

/** One step of the schema. Never edited after a release: a change is a new migration. */
export interface Migration {
  /** Sorts after all earlier ones; it is what the version table remembers. */
  readonly name: string;
  /** Each runs as a batch of its own, because a batch that adds a column and uses it does not compile on SQL Server. */
  statements(dialect: Dialect, appliedAt: number): readonly string[];
}
