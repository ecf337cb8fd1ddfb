import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import type * as z from 'zod';

const mostBytes = 5_000_000;

/** Reads a YAML or JSON file. @throws Error naming the file, and each part that is wrong with why */
export function readValues<T>(file: string, schema: z.ZodType<T>): T {
  const bytes = readFileSync(file);
  if (bytes.length > mostBytes) throw new Error(`${file} is longer than ${mostBytes} bytes`);
  const parsed = schema.safeParse(parseText(file, bytes.toString()));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || 'the whole'}: ${message}`);
  throw new Error(`${file} is not valid\n${problems.join('\n')}`);
}

function parseText(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new Error(`${file}: ${error.message}`);
    throw error;
  }
}
