import type { ConversationId, EntryId, FileId, UserId } from '#shared/ids.ts';
import type { EntryBodies } from '#shared/protocol/chat.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { FileRef } from '#shared/protocol/files.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Session } from '#ucserver/gateway/index.ts';
import type { Access } from './access.ts';
import { emptiedBody, type NewEntry } from './commit-plan.ts';
import { conversationKindOf } from './conversation-id.ts';
import { type EntryFinder, type EntryName, type FoundEntry, isSeenBy } from './entry-finder.ts';
import { checkMessage } from './message-limits.ts';
import type { MessageLimits } from './settings.ts';

export interface MessageServiceOptions {
  readonly access: Access;
  readonly finder: EntryFinder;
  /** Stores an entry and answers its author. */
  readonly commit: (entry: NewEntry, members: readonly UserId[], from: Session) => Promise<Result<'chat.send'>>;
  /** What is to be known of files that a message of this author refers to. @throws UCError `NOT_FOUND` when one is not theirs. */
  readonly filesFor: (fileIds: readonly FileId[], author: UserId) => Promise<readonly FileRef[]>;
  readonly limits: () => MessageLimits;
  readonly clock: Clock;
}

type Kind = 'message' | 'edit' | 'delete' | 'reaction';

/**
 * Messages, and what happens to them afterwards. Each is an entry of the log, so the same one again gets the same answer: what
 * was stored before is not judged a second time. Everything throws `UCError`.
 */
export class MessageService {
  readonly #options: MessageServiceOptions;

  constructor(options: MessageServiceOptions) {
    this.#options = options;
  }

  async send(session: Session, { conversationId, entryId, body }: Params<'chat.send'>): Promise<Result<'chat.send'>> {
    const members = await this.#writers(conversationId, session.userId);
    const ids = { conversationId, entryId };
    await this.#judge(ids, () => checkMessage(body, members, this.#options.limits(), 'params.body'));
    const { files: fileIds, ...written } = body;
    if (fileIds === undefined) return this.#commit(session, ids, 'message', written, members);
    const files = await this.#filesFor(ids, fileIds, session.userId);
    return this.#commit(session, ids, 'message', { ...written, files }, members);
  }

  async edit(session: Session, { text, mentions, ...on }: Params<'chat.edit'>): Promise<Result<'chat.edit'>> {
    const { userId } = session;
    const members = await this.#writers(on.conversationId, userId);
    await this.#judge(on, () => checkMessage({ text, mentions }, members, this.#options.limits(), 'params'));
    return this.#change(session, on, 'edit', { target: on.target, text, mentions }, members, (target) => {
      // A forwarded text stands under the name of somebody else.
      if (target.author !== userId || forwardedOf(target) !== undefined) throw new UCError('FORBIDDEN');
    });
  }

  async delete(session: Session, on: Params<'chat.delete'>): Promise<Result<'chat.delete'>> {
    const members = await this.#options.access.members(on.conversationId, session.userId);
    return this.#change(session, on, 'delete', { target: on.target }, members, async (target) => {
      if (target.author !== session.userId) await this.#options.access.checkModerator(on.conversationId, session.userId);
    });
  }

  /** Whoever may read may react, also where only some may write. */
  async react(session: Session, { emoji, on: isOn, ...on }: Params<'chat.react'>): Promise<Result<'chat.react'>> {
    const { access } = this.#options;
    const members = await access.members(on.conversationId, session.userId);
    if (conversationKindOf(on.conversationId) === 'direct')
      await access.checkMayWrite(on.conversationId, members, session.userId);
    return this.#change(session, on, 'reaction', { target: on.target, emoji, on: isOn }, members, () => undefined);
  }

  async forward(session: Session, { conversationId, entryId, from }: Params<'chat.forward'>): Promise<Result<'chat.forward'>> {
    const { access, finder } = this.#options;
    const ids = { conversationId, entryId };
    const members = await this.#writers(conversationId, session.userId);
    const reading = await access.reading(from.conversationId, session.userId, 'params.from.conversationId');
    const { target: found, before } = await finder.target(from, ids, 'params.from.entryId');
    const source = found !== undefined && isSeenBy(found, session.userId, reading) ? found : undefined;
    // Sent again, it is what was copied the first time, whatever has become of the original.
    const again = before && messageOf(before);
    if (again?.forwarded?.entryId === from.entryId) return this.#commit(session, ids, 'message', again, members);
    const original = source && messageOf(source);
    if (source === undefined || original === undefined)
      throw new UCError('NOT_FOUND', undefined, { field: 'params.from.entryId' });
    const edited = await finder.lastEdit(source, reading.upTo);
    const { text } = edited === undefined ? original : (JSON.parse(edited.body) as EntryBodies['edit']);
    const { files } = original;
    const { author, at } = original.forwarded ?? source;
    const forwarded = { entryId: source.entryId, author, at };
    return this.#commit(session, ids, 'message', { text, files, forwarded }, members);
  }

  /** What is refused may have been stored before, when it was allowed. */
  async #judge(ids: EntryName, check: () => void): Promise<void> {
    try {
      check();
    } catch (error) {
      const before = await this.#options.finder.sent(ids).catch(() => undefined);
      if (before === undefined) throw error;
    }
  }

  async #filesFor(ids: EntryName, fileIds: readonly FileId[], author: UserId): Promise<readonly FileRef[]> {
    try {
      return await this.#options.filesFor(fileIds, author);
    } catch (error) {
      // Sent again, it refers to what it referred to the first time, even if that is gone.
      const before = await this.#options.finder.sent(ids).catch(() => undefined);
      const files = before && messageOf(before)?.files;
      if (files === undefined) throw error;
      return files;
    }
  }

  /** Members of a conversation in which this user may write. */
  async #writers(conversationId: ConversationId, userId: UserId): Promise<readonly UserId[]> {
    const members = await this.#options.access.members(conversationId, userId);
    await this.#options.access.checkMayWrite(conversationId, members, userId);
    return members;
  }

  /** @param check throws when this user may not do this to the target */
  async #change<K extends Kind>(
    session: Session,
    { conversationId, entryId, target: targetId }: EntryName & { readonly target: EntryId },
    kind: K,
    body: EntryBodies[K],
    members: readonly UserId[],
    check: (target: FoundEntry) => void | Promise<void>,
  ): Promise<Result<'chat.send'>> {
    const { access, finder } = this.#options;
    const ids = { conversationId, entryId };
    const { target, before } = await finder.target({ conversationId, entryId: targetId }, ids, 'params.target');
    if (before === undefined) {
      const reading = await access.reading(conversationId, session.userId);
      if (target === undefined || !isSeenBy(target, session.userId, reading) || messageOf(target) === undefined)
        throw new UCError('NOT_FOUND', undefined, { field: 'params.target' });
      await check(target);
    }
    return this.#commit(session, ids, kind, body, members);
  }

  #commit<K extends Kind>(
    session: Session,
    ids: EntryName,
    kind: K,
    body: EntryBodies[K],
    members: readonly UserId[],
  ): Promise<Result<'chat.send'>> {
    const { commit, clock } = this.#options;
    const entry = { ...ids, author: session.userId, kind, body: JSON.stringify(body), at: clock.wallMs() };
    return commit(entry, members, session);
  }
}

/** What a message says; `undefined` when it is none, or was taken back. */
function messageOf({ kind, body }: NewEntry): EntryBodies['message'] | undefined {
  return kind === 'message' && body !== emptiedBody ? (JSON.parse(body) as EntryBodies['message']) : undefined;
}

function forwardedOf(entry: NewEntry): EntryBodies['message']['forwarded'] {
  return messageOf(entry)?.forwarded;
}
