import { timeOrderedId } from '#shared/random-id.ts';
import type { Client } from './client.ts';
import type { Taken, Written } from './outgoing-queue.ts';
import type { ConversationId, Entry, EntryId, MemberRole, ParamsIn, UserId } from './types.ts';

/** People named in one request. */
export const mostNamed = 500;

/** What this user can do in a conversation beside writing: each act is one entry of its log, or a mark of their own. */
export abstract class ConversationActs {
  readonly id: ConversationId;
  readonly #client: Client;

  constructor(client: Client, id: ConversationId) {
    this.#client = client;
    this.id = id;
  }

  /** An act was accepted and belongs into the log. */
  protected abstract taken(entryId: EntryId, kind: string, body: Entry['body'], taken: Taken): void;
  /** Reads what is behind the newest entry held. @throws UCError */
  protected abstract readOn(): Promise<void>;
  /** Reads what the conversation is now, with what is pending. @throws UCError */
  abstract readAgain(): Promise<void>;
  protected abstract mutedUntil(until: number | undefined): void;

  /** Replaces the text of an own message. @throws UCError */
  async edit(target: EntryId, text: string, mentions?: Written['mentions']): Promise<void> {
    const ids = this.newIds();
    const body = { target, text, ...(mentions === undefined ? {} : { mentions }) };
    this.taken(ids.entryId, 'edit', body, await this.#client.call('chat.edit', { ...ids, ...body }));
  }

  /** Takes a message back. @throws UCError */
  async takeBack(target: EntryId): Promise<void> {
    const ids = this.newIds();
    this.taken(ids.entryId, 'delete', { target }, await this.#client.call('chat.delete', { ...ids, target }));
  }

  /** Adds a reaction, or takes it away. @throws UCError */
  async react(target: EntryId, emoji: string, on: boolean): Promise<void> {
    const ids = this.newIds();
    const taken = await this.#client.call('chat.react', { ...ids, target, emoji, on });
    this.taken(ids.entryId, 'reaction', { target, emoji, on }, taken);
  }

  /** Copies a message of any conversation into this one. @throws UCError */
  async forward(from: { readonly conversationId: ConversationId; readonly entryId: EntryId }): Promise<void> {
    const taken = await this.#client.call('chat.forward', { ...this.newIds(), from });
    // Only the server knows what was copied.
    if ('pending' in taken) await this.readAgain();
    else await this.readOn();
  }

  /** @throws UCError */
  async addMembers(members: readonly UserId[]): Promise<void> {
    for (let from = 0; from < members.length; from += mostNamed) {
      const added = members.slice(from, from + mostNamed);
      await this.#change('chat.addMembers', 'members', { members: added }, { added, removed: [] });
    }
  }

  /** @throws UCError */
  async removeMembers(members: readonly UserId[]): Promise<void> {
    await this.#change('chat.removeMembers', 'members', { members: [...members] }, { added: [], removed: members });
  }

  /** @throws UCError */
  async setRole(userId: UserId, role: MemberRole): Promise<void> {
    await this.#change('chat.setRole', 'role', { userId, role }, { userId, role });
  }

  /** @throws UCError */
  async rename(title: string): Promise<void> {
    await this.#change('chat.rename', 'rename', { title }, { title });
  }

  /** @throws UCError */
  async leave(): Promise<void> {
    const ids = this.newIds();
    const taken = await this.#client.call('chat.leave', ids);
    const { userId } = this.#client;
    if ('seq' in taken || userId === undefined) await this.readOn();
    else this.taken(ids.entryId, 'members', { added: [], removed: [userId] }, taken);
  }

  /** No notices until then (ms since 1970); `undefined`: they come again. @throws UCError */
  async mute(until: number | undefined): Promise<void> {
    await this.#client.call('chat.mute', { conversationId: this.id, until: until ?? null });
    this.mutedUntil(until);
  }

  protected newIds() {
    return { conversationId: this.id, entryId: timeOrderedId(this.#client.now()) as EntryId };
  }

  async #change<M extends 'chat.addMembers' | 'chat.removeMembers' | 'chat.setRole' | 'chat.rename'>(
    method: M,
    kind: string,
    params: Omit<ParamsIn<M>, 'conversationId' | 'entryId'>,
    body: Entry['body'],
  ): Promise<void> {
    const ids = this.newIds();
    const taken = (await this.#client.call(method, { ...params, ...ids } as never)) as Taken;
    this.taken(ids.entryId, kind, body, taken);
  }
}
