import { hash } from 'node:crypto';
import { type ConversationId, type EntryId, entryIdSchema, type UserId } from '#shared/ids.ts';
import { type EntryBodies, maxNamedMembers } from '#shared/protocol/chat.ts';

/** A department as the directory has it. */
export interface Department {
  readonly name: string;
  /** Rises with each change of it. */
  readonly version: number;
  readonly members: readonly UserId[];
}

/** The conversation of a department as it stands. */
export interface DepartmentConversation {
  readonly title: string | undefined;
  readonly members: readonly UserId[];
  /** Number of the last entry that changed who is in it. */
  readonly changedAt: number;
}

/** The next entry that brings a conversation nearer to its department. */
export type DepartmentStep =
  | { readonly kind: 'created'; readonly entryId: EntryId; readonly body: EntryBodies['created'] }
  | { readonly kind: 'members'; readonly entryId: EntryId; readonly body: EntryBodies['members'] }
  | { readonly kind: 'rename'; readonly entryId: EntryId; readonly body: EntryBodies['rename'] };

/**
 * What is to be done next so that a conversation has the name and members of its department; `undefined`: nothing. Servers that
 * see the same plan the same entry, under the same id, so it is committed once whichever of them comes first.
 *
 * @param present `undefined`: there is no such conversation yet
 */
export function departmentStep(
  conversationId: ConversationId,
  wanted: Department,
  present: DepartmentConversation | undefined,
): DepartmentStep | undefined {
  if (present === undefined) {
    const members = wanted.members.slice(0, maxNamedMembers);
    const body = { kind: 'department', title: wanted.name, historyVisible: true, members, moderators: [] } as const;
    // One conversation begins once, whatever two servers may think it begins with.
    return { kind: 'created', entryId: idOf(conversationId, 'created'), body };
  }
  if (present.title !== wanted.name) {
    const body = { title: wanted.name };
    return { kind: 'rename', entryId: idOf(conversationId, 'rename', String(wanted.version), wanted.name), body };
  }
  const before = new Set(present.members);
  const after = new Set(wanted.members);
  const added = wanted.members.filter((userId) => !before.has(userId)).sort();
  const removed = present.members.filter((userId) => !after.has(userId)).sort();
  if (added.length === 0 && removed.length === 0) return undefined;
  const body = { added: added.slice(0, maxNamedMembers), removed: removed.slice(0, maxNamedMembers) };
  const id = idOf(conversationId, 'members', String(present.changedAt), JSON.stringify(body));
  return { kind: 'members', entryId: id, body };
}

function idOf(...parts: readonly string[]): EntryId {
  return entryIdSchema.parse(hash('sha256', parts.join('\n'), 'base64url').slice(0, 22));
}
