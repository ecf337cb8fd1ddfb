import type { EntryBodies } from '#shared/protocol/chat.ts';
import type { Entry, LiveConversation, PendingEntry, UserId } from '#web/api/index.ts';

/** As good as for ever: what a conversation is muted until when it is muted without an end. */
export const mutedForGood = 8_640_000_000_000_000;

/** Whether there are no notices now. `now` in ms since 1970. */
export function isMuted(mutedUntil: number | undefined, now: number): boolean {
  return mutedUntil !== undefined && mutedUntil > now;
}

/** In the morning of the day after `now`, at the reader's clock. */
export function tomorrowMorning(now: number): number {
  const morning = new Date(now);
  morning.setDate(morning.getDate() + 1);
  morning.setHours(7, 0, 0, 0);
  return morning.getTime();
}

/** Messages nobody has read in conversations that are not muted. */
export function unreadIn(conversations: readonly Pick<LiveConversation, 'log'>[], now: number): number {
  return conversations.reduce((sum, { log }) => sum + (isMuted(log.mutedUntil, now) ? 0 : log.unread), 0);
}

/** Whether a message calls this person, by name or with everybody. */
export function mentions({ kind, body }: Entry | PendingEntry, self: UserId): boolean {
  if (kind !== 'message') return false;
  const called = (body as Partial<EntryBodies['message']>).mentions;
  return called === 'everybody' || called?.includes(self) === true;
}
