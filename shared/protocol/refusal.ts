import type * as z from 'zod';
import { UCError } from './errors.ts';

type Issue = z.core.$ZodIssue;

/** What a client is told about input that is not as it must be; `at` is the path of the whole. */
export function refusal(error: z.ZodError, at: string): UCError {
  const first = error.issues[0];
  if (!first) return new UCError('BAD_REQUEST');
  const { issue, path } = deepest(first, [at]);
  const tooLarge = issue.code === 'too_big' && (issue.origin === 'string' || issue.origin === 'array');
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = [...path, ...(unknown === undefined ? [] : [unknown])].filter((part) => part !== '').join('.');
  return new UCError(tooLarge ? 'TOO_LARGE' : 'BAD_REQUEST', `${field}: ${issue.message}`, { field });
}

/** The issue that says most: inside a union, the one of the branch that got furthest. */
function deepest(issue: Issue, before: readonly string[]): { issue: Issue; path: readonly string[] } {
  const path = [...before, ...issue.path.map(String)];
  let best = { issue, path: path as readonly string[] };
  if (issue.code !== 'invalid_union') return best;
  for (const branch of issue.errors) {
    const inner = branch[0] && deepest(branch[0], path);
    if (inner && inner.path.length > best.path.length) best = inner;
  }
  return best;
}
