import type { EntryBodies } from '#shared/protocol/chat.ts';
import { systemAuthor } from '#shared/protocol/system-author.ts';
import type { Entry, UserId } from '#web/api/index.ts';
import type { Words } from '#web/ui/text.ts';
import { nameList } from './name-list.ts';

/** Kinds of entries that say what a group is; they are told between the messages. */
const kinds: ReadonlySet<string> = new Set(['created', 'members', 'role', 'rename'] satisfies (keyof EntryBodies)[]);

/** The entries that say what a group is, who came and who went. */
export function groupEntries<E extends Pick<Entry, 'kind'>>(entries: readonly E[]): E[] {
  return entries.filter(({ kind }) => kinds.has(kind));
}

export interface NoticeReader {
  readonly words: Words;
  readonly self: UserId;
  readonly nameOf: (userId: UserId) => string;
}

/** What an entry did to its group, in sentences; none for an entry that did nothing one could tell. */
export function noticeLines({ kind, author, body }: Pick<Entry, 'kind' | 'author' | 'body'>, reader: NoticeReader): string[] {
  const { words, self, nameOf } = reader;
  const { notice, youFirst, you } = words.text.groups;
  const by = author === self ? youFirst : nameOf(author);
  const bySystem = author === systemAuthor;
  if (kind === 'created') {
    const { title } = body as EntryBodies['created'];
    if (bySystem) return [notice.createdForDepartment(title)];
    return [author === self ? notice.createdByYou(title) : notice.created(by, title)];
  }
  if (kind === 'rename') {
    const { title } = body as EntryBodies['rename'];
    return [bySystem ? notice.renamedNow(title) : notice.renamed(by, title)];
  }
  if (kind === 'role') {
    const { userId, role } = body as EntryBodies['role'];
    const whom = userId === self ? you : nameOf(userId);
    return [role === 'moderator' ? notice.moderator(by, whom) : notice.noModerator(by, whom)];
  }
  return kind === 'members' ? memberLines(author, body as EntryBodies['members'], reader) : [];
}

function memberLines(author: UserId, { added, removed, moderator }: EntryBodies['members'], reader: NoticeReader): string[] {
  const { words, self, nameOf } = reader;
  const { notice } = words.text.groups;
  const lines: string[] = [];
  const names = (userIds: readonly UserId[], first = false) => nameList(userIds, words, { nameOf, self, first });
  const onlySelf = (userIds: readonly UserId[]) => userIds.length === 1 && userIds[0] === self;
  const by = author === self ? undefined : nameOf(author);
  if (added.length > 0) {
    if (author !== systemAuthor) lines.push(by === undefined ? notice.addedByYou(names(added)) : notice.added(by, names(added)));
    else lines.push(onlySelf(added) ? notice.youCame : notice.came(names(added, true), added.length));
  }
  if (removed.length > 0) {
    const isLeaving = author === systemAuthor || (removed.length === 1 && removed[0] === author);
    if (!isLeaving) lines.push(by === undefined ? notice.removedByYou(names(removed)) : notice.removed(by, names(removed)));
    else lines.push(onlySelf(removed) ? notice.youLeft : notice.left(names(removed, true), removed.length));
  }
  if (moderator !== undefined)
    lines.push(moderator === self ? notice.youBecameModerator : notice.becameModerator(nameOf(moderator)));
  return lines;
}
