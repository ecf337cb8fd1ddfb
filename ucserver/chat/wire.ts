import type { Entry } from '#shared/protocol/chat.ts';
import { rejectedKind, type StoredEntry } from './commit-plan.ts';

/** An entry as clients get it. What SQL refused is for the administrator only, its number is for everybody. */
export function toWire({ body, ...entry }: StoredEntry): Entry {
  return { ...entry, body: entry.kind === rejectedKind ? {} : (JSON.parse(body) as Entry['body']) };
}
