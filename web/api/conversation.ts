import { timeOrderedId } from '#shared/random-id.ts';
import {
  type ChatLog,
  cursorOf,
  deliveryOf,
  isBehind,
  lastSeq,
  logOf,
  readUpTo,
  withCommitted,
  withEarlier,
  withEntries,
  withHead,
  withListing,
  withNewest,
  withPending,
  withPosition,
} from './chat-log.ts';
import { type ShownMessage, shownMessages } from './chat-view.ts';
import type { Client } from './client.ts';
import type { ClientTimer } from './clock.ts';
import { type Outgoing, OutgoingQueue, type Taken } from './outgoing-queue.ts';
import type { Conversation, Cursor, Entry, EntryId, MemberRole, ParamsIn, PendingEntry, Position, UserId } from './types.ts';

/** A page of history, in entries. */
const pageSize = 50;
/** Missing more than this, a client reads the newest page and lets the person scroll for the rest. */
const mostRepaired = 600;
/** People named in one request. */
export const mostNamed = 500;
/** A sign of typing holds this long … */
const typingHoldsMs = 5_000;
/** … and is sent at most this often. */
const typingEveryMs = 3_000;

export interface ConversationHost {
  readonly client: Client;
  readonly self: UserId;
  /** Something in this conversation changed. */
  readonly changed: (conversation: LiveConversation) => void;
  /** Others' messages that have just arrived, in order. */
  readonly arrived: (conversation: LiveConversation, entries: readonly (Entry | PendingEntry)[]) => void;
}

/** One conversation kept in step with the servers: its log, what is on its way, who is writing. */
export class LiveConversation {
  readonly #host: ConversationHost;
  readonly #queue: OutgoingQueue;
  readonly #typing = new Map<UserId, number>();
  /** Others' messages that were announced before they had a number. */
  readonly #announced = new Set<EntryId>();
  #log: ChatLog;
  #shown: (Pick<ChatLog, 'entries' | 'pending'> & { readonly messages: readonly ShownMessage[] }) | undefined;
  #repairing: Promise<void> | undefined;
  #typingToldAt = Number.NEGATIVE_INFINITY;
  /** Tells when the time since the last sign is over. */
  #typingLater: ClientTimer | undefined;
  #deliveredTold = 0;
  #readTold = 0;

  constructor(conversation: Conversation, host: ConversationHost) {
    this.#host = host;
    this.#log = logOf(conversation);
    this.#queue = new OutgoingQueue({
      send: ({ entryId, text }) =>
        host.client.call('chat.send', { conversationId: this.id, entryId, body: { text } }, { timeoutMs: 3_600_000 }),
      onTaken: ({ entryId, text }, taken) => this.#taken(entryId, 'message', { text }, taken),
      onChange: () => host.changed(this),
    });
  }

  get id(): ChatLog['conversationId'] {
    return this.#log.conversationId;
  }

  get log(): ChatLog {
    return this.#log;
  }

  /** Messages that are not in the log yet, in the order in which they were written. */
  get outgoing(): readonly Outgoing[] {
    return this.#queue.items;
  }

  /** The other member of a one-to-one conversation; oneself in a conversation with oneself. */
  get partner(): UserId {
    return this.#log.members.find((member) => member !== this.#host.self) ?? this.#host.self;
  }

  /** Members who are writing now. */
  get typing(): readonly UserId[] {
    return [...this.#typing.keys()];
  }

  get cursor(): Cursor {
    return cursorOf(this.#log);
  }

  delivery(seq: number): ReturnType<typeof deliveryOf> {
    return deliveryOf(this.#log, seq, this.#host.self);
  }

  /** Up to which number this user has read. */
  get readUpTo(): number {
    return readUpTo(this.#log, this.#host.self);
  }

  send(text: string): EntryId {
    const entryId = timeOrderedId(this.#host.client.now()) as EntryId;
    this.#typingLater?.stop();
    this.#typingLater = undefined;
    this.#queue.add({ entryId, text, at: this.#host.client.now() });
    return entryId;
  }

  /** What this conversation shows, with what is pending. */
  get messages(): readonly ShownMessage[] {
    const { entries, pending } = this.#log;
    if (this.#shown?.entries !== entries || this.#shown.pending !== pending)
      this.#shown = { entries, pending, messages: shownMessages([...entries, ...pending]) };
    return this.#shown.messages;
  }

  /** Replaces the text of an own message. @throws UCError */
  async edit(target: EntryId, text: string): Promise<void> {
    const ids = this.#newIds();
    const taken = await this.#host.client.call('chat.edit', { ...ids, target, text });
    this.#taken(ids.entryId, 'edit', { target, text }, taken);
  }

  /** Takes a message back. @throws UCError */
  async takeBack(target: EntryId): Promise<void> {
    const ids = this.#newIds();
    this.#taken(ids.entryId, 'delete', { target }, await this.#host.client.call('chat.delete', { ...ids, target }));
  }

  /** Adds a reaction, or takes it away. @throws UCError */
  async react(target: EntryId, emoji: string, on: boolean): Promise<void> {
    const ids = this.#newIds();
    const taken = await this.#host.client.call('chat.react', { ...ids, target, emoji, on });
    this.#taken(ids.entryId, 'reaction', { target, emoji, on }, taken);
  }

  /** Copies a message of any conversation into this one. @throws UCError */
  async forward(from: { readonly conversationId: ChatLog['conversationId']; readonly entryId: EntryId }): Promise<void> {
    await this.#host.client.call('chat.forward', { ...this.#newIds(), from });
    // Only the server knows what was copied.
    await this.#refresh();
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
    await this.#host.client.call('chat.leave', this.#newIds());
    await this.#refresh();
  }

  /** No notices until then (ms since 1970); `undefined`: they come again. @throws UCError */
  async mute(until: number | undefined): Promise<void> {
    await this.#host.client.call('chat.mute', { conversationId: this.id, until: until ?? null });
    this.takeMuted(until);
  }

  /** Takes over a message kept from an earlier life of this client. */
  sendKept(message: Pick<Outgoing, 'entryId' | 'text' | 'at'>): void {
    if (!this.outgoing.some(({ entryId }) => entryId === message.entryId)) this.#queue.add(message);
  }

  retry(entryId?: EntryId): void {
    this.#queue.retry(entryId);
  }

  discard(entryId: EntryId): void {
    this.#queue.discard(entryId);
  }

  /** Makes sure the newest entries are here. @throws UCError */
  async showNewest(): Promise<void> {
    if (this.#log.entries.length === 0 && this.#log.head > 0) await this.#readNewest();
    else if (isBehind(this.#log)) await this.#repair();
    if (this.#log.entries.length < pageSize / 2) await this.loadEarlier();
  }

  /** One page of older entries; nothing when there are none. @throws UCError */
  async loadEarlier(): Promise<void> {
    const before = this.#log.entries[0]?.seq;
    if (this.#log.complete || before === undefined) return;
    const { conversationId } = this.#log;
    const { generation } = this.#log;
    const { entries, head, more } = await this.#host.client.call('chat.history', { conversationId, before, limit: pageSize });
    if (head.generation === generation) this.#set(withEarlier(this.#log, entries, more));
    else await this.#take(withHead(this.#log, head));
  }

  /** The person has seen everything that is here. */
  markRead(): void {
    const read = lastSeq(this.#log);
    if (read <= Math.max(this.readUpTo, this.#readTold) && this.#log.unread === 0) return;
    this.#readTold = read;
    const own = this.#log.positions.get(this.#host.self);
    this.#set(
      withPosition(this.#log, { userId: this.#host.self, read, delivered: Math.max(read, own?.delivered ?? 0) }, this.#host.self),
    );
    this.#tell({ read });
  }

  /** The person is writing. Told at most every 3 s; within that time it is told at its end, unless the message is sent before. */
  tellTyping(): void {
    const { client } = this.#host;
    if (this.#typingLater || client.state.phase !== 'open') return;
    const waitMs = this.#typingToldAt + typingEveryMs - client.clock.monotonicMs();
    if (waitMs <= 0) this.#tellTypingNow();
    else {
      this.#typingLater = client.clock.after(waitMs, () => {
        this.#typingLater = undefined;
        this.#tellTypingNow();
      });
    }
  }

  /** Takes the server's newer description, with entries after the own cursor if it sent some. */
  async takeListing(conversation: Conversation, entries: readonly Entry[] = []): Promise<void> {
    const before = new Set(this.#log.pending);
    const listed = withListing(this.#log, conversation, this.#host.self);
    // The count of the listing already holds the entries that follow it.
    const merged = { ...withEntries(listed, entries, this.#host.self), unread: listed.unread };
    const heard = entries.filter(({ seq }) => seq > lastSeq(this.#log));
    this.#announcePending(merged.pending.filter((entry) => !before.has(entry)));
    await this.#take(merged, heard);
  }

  takeEntry(entry: Entry): void {
    this.#typing.delete(entry.author);
    this.#queue.arrived(entry.entryId);
    const before = lastSeq(this.#log);
    const log = withEntries(this.#log, [entry], this.#host.self);
    void this.#take(log, entry.seq > before && lastSeq(log) === entry.seq ? [entry] : []);
  }

  takePending(entry: PendingEntry): void {
    this.#typing.delete(entry.author);
    this.#queue.arrived(entry.entryId);
    const log = withPending(this.#log, [entry]);
    if (log === this.#log) return;
    this.#set(log);
    this.#announcePending([entry]);
  }

  takeCommitted(entryId: EntryId, seq: number): void {
    void this.#take(withCommitted(this.#log, entryId, seq));
  }

  takePosition(position: Position): void {
    this.#set(withPosition(this.#log, position, this.#host.self));
  }

  takeMuted(mutedUntil: number | undefined): void {
    this.#set({ ...this.#log, mutedUntil });
  }

  takeHead(head: Cursor): void {
    void this.#take(withHead(this.#log, head));
  }

  takeTyping(userId: UserId): void {
    if (userId === this.#host.self) return;
    const { clock } = this.#host.client;
    const until = clock.monotonicMs() + typingHoldsMs;
    this.#typing.set(userId, until);
    this.#host.changed(this);
    clock.after(typingHoldsMs, () => {
      if (this.#typing.get(userId) !== until) return;
      this.#typing.delete(userId);
      this.#host.changed(this);
    });
  }

  #set(log: ChatLog): void {
    if (log === this.#log) return;
    this.#log = log;
    this.#host.changed(this);
  }

  async #take(log: ChatLog, arrived: readonly Entry[] = []): Promise<void> {
    this.#set(log);
    this.#announce(arrived);
    if (isBehind(this.#log) && this.#log.entries.length > 0) await this.#repair();
  }

  #announce(arrived: readonly Entry[]): void {
    const { self } = this.#host;
    const messages = arrived.filter(({ author, kind, seq }) => author !== self && kind === 'message' && seq > this.readUpTo);
    if (messages.length === 0) return;
    const delivered = messages.at(-1)?.seq ?? 0;
    if (delivered > this.#deliveredTold) {
      this.#deliveredTold = delivered;
      this.#tell({ delivered });
    }
    const news = messages.filter(({ entryId }) => !this.#announced.delete(entryId));
    if (news.length > 0) this.#host.arrived(this, news);
  }

  #announcePending(arrived: readonly PendingEntry[]): void {
    const { self } = this.#host;
    const news = arrived.filter(
      ({ author, kind, entryId }) => author !== self && kind === 'message' && !this.#announced.has(entryId),
    );
    for (const { entryId } of news) this.#announced.add(entryId);
    if (news.length > 0) this.#host.arrived(this, news);
  }

  /** A mark that is not heard is told again with the next one; positions only grow. */
  #tell(position: { read?: number; delivered?: number }): void {
    this.#host.client.call('chat.mark', { conversationId: this.id, ...position }).catch(() => {
      if (position.read !== undefined) this.#readTold = 0;
      if (position.delivered !== undefined) this.#deliveredTold = 0;
    });
  }

  #taken(entryId: EntryId, kind: string, body: Entry['body'], taken: Taken): void {
    const { self } = this.#host;
    const { at } = taken;
    const entry = { conversationId: this.id, entryId, author: self, at, kind, body };
    if ('pending' in taken) this.#set(withPending(this.#log, [{ ...entry, place: taken.pending }]));
    else void this.#take(withEntries(this.#log, [{ ...entry, seq: taken.seq }], self));
  }

  #newIds() {
    return { conversationId: this.id, entryId: timeOrderedId(this.#host.client.now()) as EntryId };
  }

  async #change<M extends 'chat.addMembers' | 'chat.removeMembers' | 'chat.setRole' | 'chat.rename'>(
    method: M,
    kind: string,
    params: Omit<ParamsIn<M>, 'conversationId' | 'entryId'>,
    body: Entry['body'],
  ): Promise<void> {
    const ids = this.#newIds();
    const taken = (await this.#host.client.call(method, { ...params, ...ids } as never)) as Taken;
    this.#taken(ids.entryId, kind, body, taken);
  }

  /** Reads what is behind the newest entry held. */
  async #refresh(): Promise<void> {
    const after = lastSeq(this.#log);
    const { entries, head } = await this.#host.client.call('chat.history', { conversationId: this.id, after, limit: 200 });
    await this.#take(withEntries(withHead(this.#log, head), entries, this.#host.self));
  }

  #tellTypingNow(): void {
    const { client } = this.#host;
    this.#typingToldAt = client.clock.monotonicMs();
    client.call('chat.typing', { conversationId: this.id }, { timeoutMs: 3_000, retry: false }).catch(() => undefined);
  }

  /** Fetches what is missing behind the newest entry held; one at a time. A failure is tried again with the next news. */
  #repair(): Promise<void> {
    this.#repairing ??= this.#fetchMissing().finally(() => {
      this.#repairing = undefined;
    });
    return this.#repairing.catch(() => undefined);
  }

  async #fetchMissing(): Promise<void> {
    const { client, self } = this.#host;
    while (isBehind(this.#log)) {
      if (this.#log.entries.length === 0 || this.#log.head - lastSeq(this.#log) > mostRepaired) return this.#readNewest();
      const after = lastSeq(this.#log);
      const { entries, head } = await client.call('chat.history', { conversationId: this.id, after, limit: 200 });
      if (head.generation !== this.#log.generation) {
        this.#set(withHead(this.#log, head));
        continue;
      }
      const { unread } = this.#log;
      const log = withEntries(this.#log, entries, self);
      if (lastSeq(log) === after) return;
      const heard = entries.filter(({ seq }) => seq > after);
      this.#set({ ...log, unread: Math.max(unread, log.unread) });
      this.#announce(heard);
    }
  }

  async #readNewest(): Promise<void> {
    const { conversationId } = this.#log;
    const { entries, head, more } = await this.#host.client.call('chat.history', { conversationId, limit: pageSize });
    this.#set(withNewest(this.#log, entries, head, more));
    // What arrived while the page was being read may lie beyond a gap.
    if (isBehind(this.#log) && lastSeq(this.#log) > 0) await this.#fetchMissing();
  }
}
