import * as z from 'zod';
import { secret } from '#shared/runtime/config.ts';

const sqlite = z.strictObject({
  engine: z.literal('sqlite').describe('SQLite: one file, shared by the servers of one machine. For trials and small companies.'),
  file: z.string().min(1).describe('Path of the database file, on a local disk.'),
  readers: z.int().min(1).max(16).default(1).describe('Threads that read.'),
});

const mssql = z.strictObject({
  engine: z.literal('mssql').describe('Microsoft SQL Server.'),
  host: z.string().min(1).max(255).describe('Host of the SQL Server.'),
  port: z.int().min(1).max(65_535).default(1433).describe('Its port.'),
  database: z.string().min(1).max(128).describe('Name of the database; it must exist, the tables are made by ucmesh.'),
  user: z.string().min(1).max(128).describe('SQL login; needs to own the schema it creates tables in.'),
  password: secret(z.string().min(1).max(256)).describe('Its password.'),
  encrypt: z
    .enum(['strict', 'required', 'off'])
    .default('required')
    .describe('strict: TDS 8.0; required: TLS, and refuse a server that answers in clear text; off: clear text is allowed.'),
  trustServerCertificate: z.boolean().default(false).describe('Accept a certificate that no known authority signed.'),
  connections: z.int().min(2).max(200).default(10).describe('Most connections of this server.'),
  requestTimeoutMs: z
    .int()
    .min(200)
    .max(60_000)
    .default(1_000)
    .describe('Without an answer for this long the database counts as away, in milliseconds.'),
});

/** The SQL database that keeps what must last. */
export const databaseConfigSchema = z.discriminatedUnion('engine', [sqlite, mssql]);
export type DatabaseConfig = z.infer<typeof databaseConfigSchema>;
export type SqliteConfig = z.infer<typeof sqlite>;
export type MssqlConfig = z.infer<typeof mssql>;
