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
  const winston = createWinston({
    level,
    defaultMeta: fields,
    format: format.combine(readableErrors(), format.timestamp(), form === 'json' ? format.json() : text),
    transports: [new transports.Console({ stderrLevels: [...logLevels] })],
  });
  return new LeveledLogger(winston, logLevels.indexOf(level));
}

/** Keeps from winston what is not written: it would put each line together before it looks at its level. */
class LeveledLogger implements Logger {
  readonly #winston: Logger;
  /** Place in {@link logLevels} of the least severity that is written. */
  readonly #least: number;

  constructor(winston: Logger, least: number) {
    this.#winston = winston;
    this.#least = least;
  }

  debug(message: string, fields?: LogFields): void {
    this.#write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', message, fields);
  }

  child(fields: LogFields): Logger {
    return new LeveledLogger(this.#winston.child(fields), this.#least);
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (logLevels.indexOf(level) > this.#least) return;
    if (fields === undefined) this.#winston[level](message);
    else this.#winston[level](message, fields);
  }
}

/** Drops every line. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
