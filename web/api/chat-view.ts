import type { EntryBodies } from '#shared/protocol/chat.ts';
import type { Entry, EntryId, FileRef, PendingEntry, UserId } from './types.ts';

/** One emoji under a message, with those who gave it, first ones first. */
export interface Reaction {
  readonly emoji: string;
  readonly users: readonly UserId[];
  /** The last change of it is pending. */
  readonly isPending?: true;
}

/** A message as it is shown: with its newest text, or as what is left of one that was taken back. */
export interface ShownMessage {
  /** `undefined`: it is pending. */
  readonly seq: number | undefined;
  readonly entryId: EntryId;
  readonly author: UserId;
  readonly at: number;
  /** `undefined`: it was taken back. */
  readonly text: string | undefined;
  readonly mentions?: EntryBodies['message']['mentions'];
  /** The message that this one answers. */
  readonly replyTo?: EntryId | undefined;
  readonly forwarded?: EntryBodies['message']['forwarded'];
  readonly files?: readonly FileRef[] | undefined;
  /** When it got its present text; missing: it has the first one. */
  readonly editedAt?: number;
  /** Texts that stood here before, oldest first. */
  readonly earlier: readonly string[];
  /** Its last edit, or that it was taken back, is pending. */
  readonly isChanging?: true;
  readonly reactions: readonly Reaction[];
}

/**
 * What a piece of a log shows, in the order of the log. It depends on the entries alone, so all clients that hold the same ones
 * show the same; pending entries belong behind the numbered ones. Whether an entry was allowed its server has decided. What is about a message that is not held is left out.
 */
export function shownMessages(entries: readonly (Entry | PendingEntry)[]): readonly ShownMessage[] {
  const shown = new Map<EntryId, ShownMessage>();
  for (const entry of entries) {
    if (entry.kind === 'message') {
      shown.set(entry.entryId, messageOf(entry));
      continue;
    }
    const target = shown.get(entry.body.target as EntryId);
    if (target?.text === undefined) continue;
    const next = changed(target, entry);
    if (next !== target) shown.set(target.entryId, next);
  }
  return [...shown.values()];
}

function messageOf(entry: Entry | PendingEntry): ShownMessage {
  const { entryId, author, at, body } = entry;
  const seq = 'seq' in entry ? entry.seq : undefined;
  const { text, mentions, replyTo, forwarded, files } = body as Partial<EntryBodies['message']>;
  const bare = { seq, entryId, author, at, earlier: [], reactions: [] };
  return text === undefined ? { ...bare, text } : { ...bare, text, mentions, replyTo, forwarded, files };
}

function changed(message: ShownMessage, entry: Entry | PendingEntry): ShownMessage {
  const { kind, author, at, body } = entry;
  const isPending = !('seq' in entry);
  if (kind === 'delete') {
    const { seq, entryId, author: by, at: when } = message;
    const gone = { seq, entryId, author: by, at: when, text: undefined, earlier: [], reactions: [] };
    return isPending ? { ...gone, isChanging: true } : gone;
  }
  if (kind === 'edit') {
    const { text, mentions } = body as Partial<EntryBodies['edit']>;
    if (text === undefined || message.text === undefined) return message;
    const edited = { ...message, text, mentions, editedAt: at, earlier: [...message.earlier, message.text] };
    return isPending ? { ...edited, isChanging: true } : edited;
  }
  if (kind !== 'reaction') return message;
  const { emoji, on } = body as Partial<EntryBodies['reaction']>;
  if (emoji === undefined || on === undefined) return message;
  const reactions = withReaction(message.reactions, emoji, author, on);
  const marked = reactions.map((each): Reaction => (each.emoji === emoji ? { ...each, isPending: true } : each));
  return { ...message, reactions: isPending ? marked : reactions };
}

function withReaction(reactions: readonly Reaction[], emoji: string, user: UserId, isOn: boolean): readonly Reaction[] {
  const known = reactions.find((each) => each.emoji === emoji);
  if (known === undefined) return isOn ? [...reactions, { emoji, users: [user] }] : reactions;
  if (known.users.includes(user) === isOn) return reactions;
  const users = isOn ? [...known.users, user] : known.users.filter((each) => each !== user);
  if (users.length === 0) return reactions.filter((each) => each !== known);
  return reactions.map((each) => (each === known ? { emoji, users } : each));
}
