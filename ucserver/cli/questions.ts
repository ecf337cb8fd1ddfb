import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** One thing `init` must know: from a flag, else asked for at a terminal, else a mistake that names the flag. */
export interface Question {
  readonly flag: string;
  readonly text: string;
  readonly fallback?: string;
  /** What is typed is not shown. */
  readonly hidden?: boolean;
}

/** Asks what the flags left open. Without a terminal it takes fallbacks, and throws listing every flag that is missing. */
export class Questions {
  readonly #given: Readonly<Record<string, string | undefined>>;
  readonly #interactive: boolean;
  readonly #missing: string[] = [];

  constructor(given: Readonly<Record<string, string | undefined>>, interactive: boolean) {
    this.#given = given;
    this.#interactive = interactive;
  }

  async ask({ flag, text, fallback, hidden = false }: Question): Promise<string> {
    const given = this.#given[camelCase(flag)];
    if (given !== undefined) return given;
    if (this.#interactive) {
      const typed = await prompt(`${text}${fallback && !hidden ? ` [${fallback}]` : ''}: `, hidden);
      const answer = typed.trim() || fallback;
      return answer ?? this.ask({ flag, text, hidden });
    }
    if (fallback !== undefined) return fallback;
    this.#missing.push(`--${flag}`);
    return '';
  }

  /** @throws Error naming all flags that were neither given nor could be asked for. */
  finish(): void {
    if (this.#missing.length > 0) throw new Error(`not at a terminal, so these must be given: ${this.#missing.join(', ')}`);
  }
}

const camelCase = (flag: string) => flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

async function prompt(text: string, hidden: boolean): Promise<string> {
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (hidden) process.stdout.write(text);
  const terminal = createInterface({ input: process.stdin, output: hidden ? muted : process.stdout, terminal: true });
  const stopped = new AbortController();
  terminal.on('SIGINT', () => stopped.abort(new Error('interrupted')));
  try {
    return await terminal.question(hidden ? '' : text, { signal: stopped.signal });
  } finally {
    terminal.close();
    if (hidden) process.stdout.write('\n');
  }
}

/** Reads one secret from a terminal without showing it, or the first line of standard input when that is not a terminal. */
export async function readSecret(text: string): Promise<string> {
  if (process.stdin.isTTY) return prompt(`${text}: `, true);
  let input = '';
  for await (const chunk of process.stdin) input += String(chunk);
  return input.split('\n')[0] ?? '';
}
