import type { ChatLog } from './chat-log.ts';
import type { Entry } from './types.ts';

/** What stands in these entries up to a number is no longer kept. The same array when it stands there no more. */
export function withoutTexts(entries: readonly Entry[], upTo: number): readonly Entry[] {
  const isFull = ({ seq, kind, body }: Entry) =>
    seq <= upTo && (kind === 'message' || kind === 'edit') && Object.keys(body).length > 0;
  return entries.some(isFull) ? entries.map((entry) => (isFull(entry) ? { ...entry, body: {} } : entry)) : entries;
}

/** The log as it may be held. */
export function cleared(log: ChatLog): ChatLog {
  const entries = withoutTexts(log.entries, log.emptiedUpTo);
  return entries === log.entries ? log : { ...log, entries };
}
