import { createLogger as createWinston, format, transports } from 'winston';

/** Fields of a log line. Passwords, tokens and message texts never belong into one. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A contextual logger: `child` adds fields that every line of the child carries. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

/** Least severity that is written. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: one object per line for machines; `text`: for a person at a terminal. */
  readonly format: 'json' | 'text';
  readonly fields?: LogFields;
}

const text = format.printf(({ timestamp, level, message, stack, ...fields }) => {
  const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  return `${String(timestamp)} ${level.padEnd(5)} ${String(message)}${rest}${stack ? `\n${String(stack)}` : ''}`;
});

/** An Error among the fields is written with its name, message and stack. */
const readableErrors = format((line) => {
  for (const [key, value] of Object.entries(line)) {
    if (value instanceof Error) line[key] = { name: value.name, message: value.message, stack: value.stack };
  }
  return line;
});

/** Creates the root logger of a process; it writes to standard error, because standard output is for results. */
export function createLogger({ level, format: form, fields }: LoggerOptions): Logger {
  return createWinston({
    level,
    defaultMeta: fields,
    format: format.combine(readableErrors(), format.timestamp(), form === 'json' ? format.json() : text),
    transports: [new transports.Console({ stderrLevels: [...logLevels] })],
  });
}

/** Drops every line. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
