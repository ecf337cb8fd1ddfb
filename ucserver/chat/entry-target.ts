import { type EntryId, entryIdSchema } from '#shared/ids.ts';
import type { NewEntry } from './commit-plan.ts';

const withTarget: ReadonlySet<string> = new Set(['edit', 'delete', 'reaction']);

/** The entry that this one is about; of the same conversation. */
export function targetOf({ kind, body }: Pick<NewEntry, 'kind' | 'body'>): EntryId | undefined {
  if (!withTarget.has(kind)) return undefined;
  const { target } = JSON.parse(body) as { target?: unknown };
  return target === undefined ? undefined : entryIdSchema.parse(target);
}
