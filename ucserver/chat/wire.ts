import type { Entry, PendingEntry } from '#shared/protocol/chat.ts';
import type { Fragment } from '#ucserver/gateway/index.ts';
import { rejectedKind, type StoredEntry } from './commit-plan.ts';
import type { PendingChat } from './pending-item.ts';

/** An entry as clients get it in answers. What SQL refused is for the administrator only, its number is for everybody. */
export function toWire({ body, ...entry }: StoredEntry): Entry {
  return { ...entry, body: entry.kind === rejectedKind ? {} : (JSON.parse(body) as Entry['body']) };
}

/** A pending entry as clients get it. */
export function pendingToWire({ entry, place }: PendingChat): PendingEntry {
  return { ...entry, place, body: JSON.parse(entry.body) as PendingEntry['body'] };
}

/** The event `chat.pending`, joined from its parts as `chat.entry` is. */
export function pendingFragment({ entry, place }: PendingChat): Fragment {
  const { conversationId, entryId, author, at, kind, body } = entry;
  const ids = `"conversationId":"${conversationId}","entryId":"${entryId}","author":"${author}"`;
  return `{"event":"chat.pending",${ids},"at":${at},"kind":${JSON.stringify(kind)},"body":${body},"place":${place}}` as Fragment;
}

/**
 * The event `chat.entry`. Joined from its parts, because the body is JSON text already: to read it and write it again would
 * double the cost of a message. Ids hold nothing that JSON would escape.
 */
export function entryFragment({ conversationId, seq, entryId, author, at, kind, body }: StoredEntry): Fragment {
  const ids = `"conversationId":"${conversationId}","seq":${seq},"entryId":"${entryId}","author":"${author}"`;
  const rest = `"at":${at},"kind":${JSON.stringify(kind)},"body":${kind === rejectedKind ? '{}' : body}`;
  return `{"event":"chat.entry",${ids},${rest}}` as Fragment;
}
