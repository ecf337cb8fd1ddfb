import type { UserId } from '#web/api/index.ts';
import type { Words } from '#web/ui/text.ts';

/** Names that are told one by one; the rest is counted. */
const mostNames = 4;

export interface NameListOptions {
  readonly nameOf: (userId: UserId) => string;
  readonly self: UserId;
  /** The list begins a sentence. */
  readonly first?: boolean;
}

/** “Anna, Ben and you”: oneself first, and no more names than one reads. */
export function nameList(userIds: readonly UserId[], { format, text }: Words, options: NameListOptions): string {
  const { nameOf, self, first = false } = options;
  const you = first ? text.groups.youFirst : text.groups.you;
  const ordered = userIds.includes(self) ? [self, ...userIds.filter((userId) => userId !== self)] : userIds;
  const names = ordered.map((userId) => (userId === self ? you : nameOf(userId)));
  const told = names.length > mostNames ? names.slice(0, mostNames - 1) : names;
  const rest = names.length - told.length;
  return format.list(rest > 0 ? [...told, text.groups.others(rest)] : told);
}

/** Who is writing, in a sentence; empty when nobody is. */
export function typingLine(userIds: readonly UserId[], { text }: Words, nameOf: (userId: UserId) => string): string {
  const { typing } = text.groups;
  const [one = '', two = '', ...others] = userIds.map(nameOf);
  if (userIds.length === 0) return '';
  if (userIds.length === 1) return typing.one(one);
  return others.length === 0 ? typing.two(one, two) : typing.more(one, two, others.length);
}
