import type { EntryId, Position, ShownMessage, UserId } from '#web/api/index.ts';

/**
 * Up to which message others have read: each reader stands at the last message their position covers. Oneself and the
 * author of the message are left out.
 */
export function readMarks(
  messages: readonly ShownMessage[],
  positions: ReadonlyMap<UserId, Position>,
  self: UserId,
): ReadonlyMap<EntryId, readonly UserId[]> {
  const marks = new Map<EntryId, UserId[]>();
  for (const { userId, read } of positions.values()) {
    if (userId === self || read === 0) continue;
    const last = messages.findLast(({ seq }) => seq !== undefined && seq <= read);
    if (last === undefined || last.author === userId) continue;
    const known = marks.get(last.entryId);
    if (known === undefined) marks.set(last.entryId, [userId]);
    else known.push(userId);
  }
  return marks;
}
