import type { ConversationId, UserId } from '#shared/ids.ts';

/** How far a member has got. */
export interface MemberPosition {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  /** Everything up to this number was read. */
  readonly read: number;
  /** Everything up to this number has reached one of the member's devices. */
  readonly delivered: number;
}

/** How far a member has got, as it stands in SQL, and how far the log goes. */
export interface StoredPosition extends MemberPosition {
  readonly lastSeq: number;
}

/**
 * Which positions rise: the highest wins, what was read has been delivered, and nobody gets further than the log. In the order
 * of their keys, so that two writers never wait for each other.
 */
export function planPositions(wanted: readonly MemberPosition[], stored: readonly StoredPosition[]): MemberPosition[] {
  const raised = new Map<string, MemberPosition>();
  const byKey = new Map(stored.map((position) => [keyOf(position), position]));
  for (const position of wanted) {
    const key = keyOf(position);
    const before = byKey.get(key);
    if (before === undefined) continue;
    const read = Math.max(before.read, Math.min(position.read, before.lastSeq));
    const delivered = Math.max(before.delivered, read, Math.min(position.delivered, before.lastSeq));
    if (read === before.read && delivered === before.delivered) continue;
    const next = { ...before, read, delivered };
    byKey.set(key, next);
    raised.set(key, next);
  }
  return [...raised].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, position]) => position);
}

function keyOf({ conversationId, userId }: MemberPosition): string {
  return `${conversationId}/${userId}`;
}
