import { Arrivals } from './arrivals.ts';
import {
  type ChatLog,
  cursorOf,
  deliveryOf,
  lastSeq,
  logOf,
  readUpTo,
  withCommitted,
  withEntries,
  withHead,
  withListing,
  withPending,
  withPosition,
  withSeen,
} from './chat-log.ts';
import type { ShownMessage } from './chat-view.ts';
import type { Client } from './client.ts';
import { ConversationActs } from './conversation-acts.ts';
import { cleared } from './emptied.ts';
import { LogReader } from './log-reader.ts';
import { bodyOf, type NewMessage, type Outgoing, OutgoingQueue, type Taken, type Written, writtenOf } from './outgoing-queue.ts';
import type { Conversation, Cursor, Entry, EntryId, PendingEntry, Position, UserId } from './types.ts';
import { TypingSigns } from './typing-signs.ts';
import { type ShownPart, Viewing, type WantedPlace } from './viewing.ts';

/** Up to this many entries before those held are read because somebody has not read them. */
const mostUnreadHeld = 100;
/** A message waits this long for its answer; sent again, it is the same one. */
const sendWithinMs = 3_600_000;

export interface ConversationHost {
  readonly client: Client;
  readonly self: UserId;
  /** Something in this conversation changed. */
  readonly changed: (conversation: LiveConversation) => void;
  /** Others' messages that have just arrived, in order. */
  readonly arrived: (conversation: LiveConversation, entries: readonly (Entry | PendingEntry)[]) => void;
}

/** One conversation kept in step with the servers: its log, what is on its way, who is writing. */
export class LiveConversation extends ConversationActs {
  readonly #host: ConversationHost;
  readonly #queue: OutgoingQueue;
  readonly #reader: LogReader;
  readonly #arrivals: Arrivals;
  readonly #typing: TypingSigns;
  readonly #viewing: Viewing;
  #log: ChatLog;

  constructor(conversation: Conversation, host: ConversationHost) {
    const { client, self } = host;
    const { conversationId } = conversation;
    super(client, conversationId);
    this.#host = host;
    this.#log = withPending(logOf({ ...conversation, pending: [] }), conversation.pending ?? [], self);
    this.#queue = new OutgoingQueue({
      send: (message) =>
        client.call(
          'chat.send',
          { conversationId, entryId: message.entryId, body: bodyOf(message) },
          { timeoutMs: sendWithinMs },
        ),
      onTaken: (message, taken) => this.taken(message.entryId, 'message', { ...writtenOf(message) }, taken),
      onChange: () => host.changed(this),
    });
    this.#arrivals = new Arrivals({
      self,
      readUpTo: () => this.readUpTo,
      mark: (position) => client.call('chat.mark', { conversationId, ...position }),
      arrived: (entries) => host.arrived(this, entries),
    });
    this.#reader = new LogReader({
      client,
      self,
      log: () => this.#log,
      onLog: (log) => this.#set(log),
      onMissed: (entries) => this.#arrivals.entries(entries),
    });
    this.#viewing = new Viewing({
      client,
      reader: this.#reader,
      log: () => this.#log,
      onLog: (log) => this.#set(log),
      changed: () => host.changed(this),
    });
    this.#typing = new TypingSigns({
      clock: client.clock,
      canTell: () => client.state.phase === 'open',
      tell: () => void client.call('chat.typing', { conversationId }, { timeoutMs: 3_000, retry: false }).catch(() => undefined),
      changed: () => host.changed(this),
    });
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
    return this.#typing.users;
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

  /** Sends a message; it is in {@link outgoing} until it is in the log. */
  send(text: string, more: Omit<Written, 'text'> = {}): EntryId {
    const { entryId } = this.newIds();
    this.#typing.ownSent();
    this.#queue.add({ text, ...more, entryId, at: this.#host.client.now() });
    return entryId;
  }

  /** The newest messages, with what is pending. */
  get messages(): readonly ShownMessage[] {
    return this.#viewing.messages;
  }

  /** What there is to see: the newest part, unless somebody looks at another one. */
  get shown(): ShownPart {
    return this.#viewing.shown;
  }

  /** Where somebody wanted to look last; `undefined`: at the newest. */
  get wanted(): WantedPlace | undefined {
    return this.#viewing.wanted;
  }

  /** A message of this conversation, also one that is not held: `undefined` while it is read, `null` when it cannot be seen. */
  message(entryId: EntryId): ShownMessage | null | undefined {
    return this.#viewing.message(entryId);
  }

  /** Shows the entries around a number, however old they are. @throws UCError */
  openAt(seq: number): Promise<void> {
    return this.#viewing.openAt(seq);
  }

  /** Looks at the newest part again. */
  openNewest(): void {
    this.#viewing.openNewest();
  }

  /** Takes over a message kept from an earlier life of this client. */
  sendKept(message: NewMessage): void {
    if (!this.outgoing.some(({ entryId }) => entryId === message.entryId)) this.#queue.add(message);
  }

  retry(entryId?: EntryId): void {
    this.#queue.retry(entryId);
    if (entryId === undefined) this.#arrivals.tellAgain();
  }

  discard(entryId: EntryId): void {
    this.#queue.discard(entryId);
  }

  /** Makes sure the newest entries are here, and what is unread when it is not much. @throws UCError */
  async showNewest(): Promise<void> {
    await this.#reader.newest();
    const { unread, entries } = this.#log;
    const first = this.readUpTo + 1;
    if (unread > 0 && (entries[0]?.seq ?? 0) - first <= mostUnreadHeld) await this.#reader.downTo(first);
  }

  /** One more page of older entries of what is shown; nothing when there are none. @throws UCError */
  loadEarlier(): Promise<void> {
    return this.#viewing.earlier();
  }

  /** One more page of newer entries of what is shown, until it is the newest part. @throws UCError */
  loadLater(): Promise<void> {
    return this.#viewing.later();
  }

  /** The person has seen everything up to a number; up to the newest that is here when none is given. */
  markRead(upTo = lastSeq(this.#log)): void {
    const last = lastSeq(this.#log);
    const read = Math.min(upTo, last);
    if (read <= this.readUpTo && (read < last || this.#log.unread === 0)) return;
    this.#set(withSeen(this.#log, read, this.#host.self));
    // What is pending has no number that could be told yet.
    if (read > 0) this.#arrivals.tellRead(read);
  }

  /** The person is writing. */
  tellTyping(): void {
    this.#typing.own();
  }

  /** Takes the server's newer description, with entries after the own cursor if it sent some. */
  async takeListing(conversation: Conversation, entries: readonly Entry[] = []): Promise<void> {
    const before = new Set(this.#log.pending);
    const listed = withListing(this.#log, conversation, this.#host.self);
    const merged = withEntries(listed, entries, this.#host.self);
    const heard = entries.filter(({ seq }) => seq > lastSeq(this.#log));
    this.#arrivals.pending(merged.pending.filter((entry) => !before.has(entry)));
    await this.#take(merged, heard);
  }

  takeEntry(entry: Entry): void {
    this.#typing.ended(entry.author);
    this.#queue.arrived(entry.entryId);
    this.#viewing.heard(entry);
    const before = lastSeq(this.#log);
    const log = withEntries(this.#log, [entry], this.#host.self);
    void this.#take(log, entry.seq > before && lastSeq(log) === entry.seq ? [entry] : []);
  }

  takePending(entry: PendingEntry): void {
    this.#typing.ended(entry.author);
    this.#queue.arrived(entry.entryId);
    const log = withPending(this.#log, [entry], this.#host.self);
    if (log === this.#log) return;
    this.#set(log);
    this.#arrivals.pending([entry]);
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

  /** Texts up to a number are no longer kept. */
  takeEmptied(upTo: number): void {
    this.#viewing.emptied(upTo);
    this.#set({ ...this.#log, emptiedUpTo: Math.max(this.#log.emptiedUpTo, upTo) });
  }

  takeTyping(userId: UserId): void {
    if (userId !== this.#host.self) this.#typing.heard(userId);
  }

  override async readAgain(): Promise<void> {
    const cursors = [{ conversationId: this.id, ...this.cursor }];
    const { conversations } = await this.#host.client.call('chat.resume', { cursors });
    for (const { conversation, entries } of conversations) await this.takeListing(conversation, entries);
  }

  protected override readOn(): Promise<void> {
    return this.#reader.after();
  }

  protected override mutedUntil(until: number | undefined): void {
    this.takeMuted(until);
  }

  #set(log: ChatLog): void {
    if (log === this.#log) return;
    this.#log = cleared(log);
    this.#viewing.check();
    this.#host.changed(this);
  }

  async #take(log: ChatLog, arrived: readonly Entry[] = []): Promise<void> {
    this.#set(log);
    this.#arrivals.entries(arrived);
    await this.#reader.take(this.#log);
  }

  protected override taken(entryId: EntryId, kind: string, body: Entry['body'], taken: Taken): void {
    const { self } = this.#host;
    const { at } = taken;
    const entry = { conversationId: this.id, entryId, author: self, at, kind, body };
    if ('pending' in taken) this.#set(withPending(this.#log, [{ ...entry, place: taken.pending }], self));
    else void this.#take(withEntries(this.#log, [{ ...entry, seq: taken.seq }], self));
  }
}
