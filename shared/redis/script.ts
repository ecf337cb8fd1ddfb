import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type * as z from 'zod';

/**
 * What every changing script begins with: it has no effect when it arrives after its time, so that a write that was
 * stuck in a socket or in a paused server cannot undo what happened meanwhile. Gives the script `now` (Redis, ms).
 */
const lateGuard = `local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if now > tonumber(ARGV[1]) then return redis.error_reply('LATE this came after its time') end
`;

export interface ScriptDefinition<Key extends string, Arg extends string, Reply> {
  /** The .lua file; it states its KEYS and ARGV in comments `-- KEYS[1] name: …`. */
  readonly file: URL;
  readonly keys: readonly Key[];
  /** Without `notAfter`, which is ARGV[1] of every changing script. */
  readonly args: readonly Arg[];
  /** Whether it writes. */
  readonly changes: boolean;
  readonly reply: z.ZodType<Reply>;
}

/** A script as it is sent to Redis, with typed keys, arguments and reply. */
export interface Script<Key extends string, Arg extends string, Reply> extends ScriptDefinition<Key, Arg, Reply> {
  readonly source: string;
  readonly sha: string;
}

function statedNames(source: string, what: 'KEYS' | 'ARGV'): string[] {
  return [...source.matchAll(new RegExp(`^-- ${what}\\[(\\d+)\\] (\\w+)`, 'gm'))].map(([, index, name], at) => {
    if (Number(index) !== at + 1) throw new Error(`${what}[${index}] is stated out of order`);
    return String(name);
  });
}

/**
 * Reads a script and compares what it states with its definition.
 * @throws Error when the file states other KEYS or ARGV than the definition.
 */
export function defineScript<const Key extends string, const Arg extends string, Reply>(
  definition: ScriptDefinition<Key, Arg, Reply>,
): Script<Key, Arg, Reply> {
  const body = readFileSync(definition.file, 'utf8');
  const expected = { KEYS: definition.keys, ARGV: [...(definition.changes ? ['notAfter'] : []), ...definition.args] };
  for (const what of ['KEYS', 'ARGV'] as const) {
    const stated = statedNames(body, what);
    if (stated.join() !== expected[what].join()) {
      throw new Error(
        `${definition.file.pathname} states ${what} ${stated.join(', ')}, its definition ${expected[what].join(', ')}`,
      );
    }
  }
  const source = (definition.changes ? lateGuard : '') + body;
  return { ...definition, source, sha: createHash('sha1').update(source).digest('hex') };
}

/** Runs a script by its hash, sending its text only where Redis does not know it (also after a restart or fail-over). */
export async function runScript<Key extends string, Arg extends string, Reply>(
  client: Redis,
  script: Script<Key, Arg, Reply>,
  keys: Readonly<Record<Key, string>>,
  args: Readonly<Record<Arg, string | number>>,
  notAfterMs: number,
): Promise<Reply> {
  const words = [
    ...script.keys.map((name) => keys[name]),
    ...(script.changes ? [Math.floor(notAfterMs)] : []),
    ...script.args.map((name) => args[name]),
  ];
  let reply: unknown;
  try {
    reply = await client.evalsha(script.sha, script.keys.length, ...words);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    reply = await client.eval(script.source, script.keys.length, ...words);
  }
  return script.reply.parse(reply);
}
