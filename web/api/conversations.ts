import type { EntryBodies } from '#shared/protocol/chat.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { timeOrderedId } from '#shared/random-id.ts';
import type { Client } from './client.ts';
import type { ClientTimer } from './clock.ts';
import { type ConversationHost, LiveConversation } from './conversation.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { KeptMessages } from './kept-messages.ts';
import type { Conversation, ConversationId, Entry, EntryId, GroupId, PendingEntry, Reach, UserId } from './types.ts';

export interface Arrival {
  readonly conversation: LiveConversation;
  readonly entries: readonly (Entry | PendingEntry)[];
}

export interface NewGroupOptions {
  /** Default `group`; in a channel only moderators write. */
  readonly kind?: 'group' | 'channel';
  /** Whether those who are added later see what was written before; default true. */
  readonly historyVisible?: boolean;
  /** Makes it the same conversation when it is sent again. */
  readonly entryId?: EntryId;
}

/** `chat.resume` takes this many cursors at once. */
const mostCursors = 200;
const pageSize = 100;
const againMs = 2_000;
/** What could not be taken is offered again this often, beside every hint that it may be taken now. */
const offerAgainMs = 5_000;

/** All conversations of the signed-in user, kept in step over every loss of connection. */
export class Conversations {
  readonly #client: Client;
  readonly #byId = new Map<ConversationId, LiveConversation>();
  readonly #byPartner = new Map<UserId, ConversationId>();
  readonly #changes = new Emitter<LiveConversation | undefined>();
  readonly #arrivals = new Emitter<Arrival>();
  readonly #kept: KeptMessages;
  readonly #off: Unsubscribe[];
  #session: string | undefined;
  #nextCursor: string | undefined;
  /** The list was told from memory, while the database was away. */
  #partial = false;
  #state: 'loading' | 'ready' | 'failed' = 'loading';
  #offering: ClientTimer | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#kept = new KeptMessages({
      client,
      all: () => this.#byId.values(),
      conversationOf: async ({ conversationId, partner }) =>
        conversationId === undefined ? this.open(partner) : this.#byId.get(conversationId),
    });
    this.#off = [
      client.onState(() => this.#renew()),
      client.onReach((reach) => this.#onReach(reach)),
      client.on('chat.entry', (entry) => this.#with(entry.conversationId, (live) => this.#takeEntry(live, entry))),
      client.on('chat.pending', (entry) => this.#with(entry.conversationId, (live) => live.takePending(entry))),
      client.on('chat.committed', ({ conversationId, entryId, seq }) =>
        this.#byId.get(conversationId)?.takeCommitted(entryId, seq),
      ),
      client.on('chat.position', ({ conversationId, ...position }) => this.#byId.get(conversationId)?.takePosition(position)),
      client.on('chat.emptied', ({ conversationId, upTo }) => this.#byId.get(conversationId)?.takeEmptied(upTo)),
      client.on('chat.muted', ({ conversationId, until }) => this.#byId.get(conversationId)?.takeMuted(until ?? undefined)),
      client.on('chat.head', ({ conversationId, head }) => this.#with(conversationId, (live) => live.takeHead(head))),
      client.on('chat.typing', ({ conversationId, userId }) => this.#byId.get(conversationId)?.takeTyping(userId)),
    ];
    this.#renew();
  }

  /** `failed`: the list could not be read (storage away); it is tried again. */
  get state(): 'loading' | 'ready' | 'failed' {
    return this.#state;
  }

  /** Those that have entries or messages on their way, newest first. */
  get list(): readonly LiveConversation[] {
    return [...this.#byId.values()]
      .filter(({ log, outgoing }) => log.head > 0 || log.pending.length > 0 || outgoing.length > 0)
      .sort((a, b) => newest(b) - newest(a));
  }

  /** There are older conversations than those in the list. */
  get more(): boolean {
    return this.#nextCursor !== undefined;
  }

  get(conversationId: ConversationId): LiveConversation | undefined {
    return this.#byId.get(conversationId);
  }

  /** The conversation with a person, if it is here already. */
  with(userId: UserId): LiveConversation | undefined {
    const id = this.#byPartner.get(userId);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** Hears of every change; `undefined` when the list itself changed. */
  onChange(listener: (conversation: LiveConversation | undefined) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  /** Others' messages as they arrive, also those fetched after a gap; not those of the first listing. */
  onArrival(listener: (arrival: Arrival) => void): Unsubscribe {
    return this.#arrivals.on(listener);
  }

  /** The conversation with a person. @throws UCError */
  async open(userId: UserId): Promise<LiveConversation> {
    return this.with(userId) ?? this.#add(await this.#client.call('chat.open', { userId }));
  }

  /** A conversation by its id, in the list or not. @throws UCError `NOT_FOUND` also for conversations of others. */
  async find(conversationId: ConversationId): Promise<LiveConversation> {
    const known = this.#byId.get(conversationId);
    if (known) return known;
    const { conversations } = await this.#client.call('chat.resume', { cursors: [{ conversationId, generation: 0, seq: 0 }] });
    const [found] = conversations;
    if (!found) throw new UCError('NOT_FOUND');
    return this.#add(found.conversation);
  }

  /**
   * Begins a conversation of several people.
   *
   * @param members at most `mostNamed`; add further ones afterwards
   * @throws UCError
   */
  async createGroup(title: string, members: readonly UserId[], options: NewGroupOptions = {}): Promise<LiveConversation> {
    const { kind = 'group', historyVisible = true, entryId = this.newEntryId() } = options;
    const params = { entryId, kind, title, historyVisible, members: [...members] };
    return this.#add(await this.#client.call('chat.createGroup', params));
  }

  /** The conversation of a department that one belongs to. @throws UCError */
  async openDepartment(groupId: GroupId): Promise<LiveConversation> {
    return this.#add(await this.#client.call('chat.openDepartment', { groupId }));
  }

  newEntryId(): EntryId {
    return timeOrderedId(this.#client.now()) as EntryId;
  }

  /** The next page of older conversations. @throws UCError */
  async loadMore(): Promise<void> {
    if (this.#nextCursor !== undefined) await this.#readPage(this.#nextCursor);
  }

  close(): void {
    this.#offering?.stop();
    for (const off of this.#off) off();
  }

  #onReach({ database, outbox }: Reach): void {
    if (database === 'up' || outbox === 'up') this.#retryAll();
    if (database === 'up' && this.#partial && this.#session !== undefined) void this.#synchronise(this.#session);
  }

  #renew(): void {
    const { state } = this.#client;
    if (state.phase !== 'open' || state.welcome.sessionId === this.#session) return;
    this.#session = state.welcome.sessionId;
    void this.#synchronise(state.welcome.sessionId);
  }

  async #synchronise(session: string): Promise<void> {
    try {
      const first = this.#state !== 'ready';
      await this.#resume();
      await this.#readPage();
      this.#state = 'ready';
      this.#changes.emit(undefined);
      if (first) await this.#kept.send();
      this.#retryAll();
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (session !== this.#session) return;
      if (this.#state === 'loading') this.#state = 'failed';
      this.#changes.emit(undefined);
      this.#client.clock.after(againMs, () => {
        if (session === this.#session && this.#client.state.phase === 'open') void this.#synchronise(session);
      });
    }
  }

  /** What was missed in the conversations that are here. */
  async #resume(): Promise<void> {
    const known = [...this.#byId.values()];
    for (let from = 0; from < known.length; from += mostCursors) {
      const cursors = known.slice(from, from + mostCursors).map(({ id, cursor }) => ({ conversationId: id, ...cursor }));
      const { conversations } = await this.#client.call('chat.resume', { cursors });
      await Promise.all(
        conversations.map(({ conversation, entries }) =>
          this.#byId.get(conversation.conversationId)?.takeListing(conversation, entries),
        ),
      );
    }
  }

  async #readPage(cursor?: string): Promise<void> {
    const page = await this.#client.call('chat.conversations', { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) });
    for (const conversation of page.conversations) {
      const known = this.#byId.get(conversation.conversationId);
      if (known) void known.takeListing(conversation);
      else this.#add(conversation);
    }
    if (cursor !== undefined || this.#state !== 'ready' || this.#partial) this.#nextCursor = page.nextCursor;
    if (cursor === undefined) this.#partial = page.partial === true;
    this.#changes.emit(undefined);
  }

  #add(conversation: Conversation): LiveConversation {
    const known = this.#byId.get(conversation.conversationId);
    if (known) return known;
    const { userId: self } = this.#client;
    if (self === undefined) throw new UCError('NOT_SIGNED_IN');
    const host: ConversationHost = {
      client: this.#client,
      self,
      changed: (live) => this.#changed(live),
      arrived: (live, entries) => this.#arrivals.emit({ conversation: live, entries }),
    };
    const live = new LiveConversation(conversation, host);
    this.#byId.set(live.id, live);
    if (conversation.kind === 'direct') this.#byPartner.set(live.partner, live.id);
    this.#changes.emit(undefined);
    return live;
  }

  /** An event of a conversation that is not here: somebody has just begun one. */
  #with(conversationId: ConversationId, act: (live: LiveConversation) => void): void {
    const live = this.#byId.get(conversationId);
    if (live) act(live);
    else void this.#learn(conversationId);
  }

  #takeEntry(live: LiveConversation, entry: Entry): void {
    const { userId: self } = this.#client;
    const isNew = entry.kind === 'members' && self !== undefined && (entry.body as EntryBodies['members']).added.includes(self);
    live.takeEntry(entry);
    // While this was pending nobody could say what of the conversation may be seen, or what it is called.
    if (isNew) live.readAgain().catch(() => this.#learnLater(live.id, this.#session));
  }

  async #learn(conversationId: ConversationId): Promise<void> {
    const { userId: self } = this.#client;
    try {
      // Positions and members come with the listing; what is behind the own position arrives anew.
      const { conversations } = await this.#client.call('chat.resume', { cursors: [{ conversationId, generation: 0, seq: 0 }] });
      for (const { conversation } of conversations) {
        if (conversation.partial) this.#partial = true;
        const after = conversation.positions.find(({ userId }) => userId === self)?.read ?? 0;
        const entries = await this.#entriesAfter(conversation, after);
        const live = this.#byId.get(conversationId);
        // Another event of it has brought it here meanwhile; the listing tells whether this one is still missing.
        if (live) await live.takeListing(conversation);
        else
          await this.#add({ ...conversation, lastEntry: undefined, head: { ...conversation.head, seq: 0 } }).takeListing(
            conversation,
            entries,
          );
      }
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      // The next session lists it.
      if (error.retryable) this.#learnLater(conversationId, this.#session);
    }
  }

  #learnLater(conversationId: ConversationId, session: string | undefined): void {
    this.#client.clock.after(againMs, () => {
      if (session === this.#session && !this.#byId.has(conversationId)) void this.#learn(conversationId);
    });
  }

  /** What was told from memory may be all that can be read now; the next listing brings the rest. */
  async #entriesAfter({ conversationId, head, partial }: Conversation, after: number): Promise<readonly Entry[]> {
    if (head.seq <= after) return [];
    try {
      return (await this.#client.call('chat.history', { conversationId, after, limit: 200 })).entries;
    } catch (error) {
      if (!partial || !(error instanceof UCError)) throw error;
      return [];
    }
  }

  #changed(live: LiveConversation): void {
    if (this.#state === 'ready') this.#kept.keep();
    if (live.outgoing.some(({ error }) => error?.retryable)) this.#offerAgain();
    this.#changes.emit(live);
  }

  #offerAgain(): void {
    this.#offering ??= this.#client.clock.after(offerAgainMs, () => {
      this.#offering = undefined;
      if (this.#client.state.phase === 'open') this.#retryAll();
    });
  }

  #retryAll(): void {
    for (const live of this.#byId.values()) live.retry();
  }
}

function newest({ log, outgoing }: LiveConversation): number {
  return Math.max(log.entries.at(-1)?.at ?? 0, log.pending.at(-1)?.at ?? 0, outgoing.at(-1)?.at ?? 0);
}
