import type { Position, UserId } from '#web/api/index.ts';

/** How far each member has got. */
export type Positions = ReadonlyMap<UserId, Position>;

/** Who of the others has got and read a message. */
export interface ReadState {
  readonly read: readonly UserId[];
  readonly delivered: readonly UserId[];
  readonly waiting: readonly UserId[];
}

/** @param seq `undefined`: it is pending, so nobody has it for sure */
export function readStateOf(others: readonly UserId[], positions: Positions, seq = Number.POSITIVE_INFINITY): ReadState {
  const read = others.filter((userId) => (positions.get(userId)?.read ?? 0) >= seq);
  const delivered = others.filter((userId) => !read.includes(userId) && (positions.get(userId)?.delivered ?? 0) >= seq);
  const there = new Set([...read, ...delivered]);
  return { read, delivered, waiting: others.filter((userId) => !there.has(userId)) };
}
