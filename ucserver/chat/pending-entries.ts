import { hash } from 'node:crypto';
import type { ConversationId, UserId } from '#shared/ids.ts';
import { entryIdSchema } from '#shared/ids.ts';
import type { PendingEntry } from '#shared/protocol/chat.ts';
import type { Result } from '#shared/protocol/index.ts';
import { fragment, type Session, type SessionTable } from '#ucserver/gateway/index.ts';
import { lineOf, type OutboxFeature, type OutboxItem, type OutboxPort, type Settled } from '#ucserver/outbox/index.ts';
import { isSame, keyOf, type NewEntry, rejectedKind } from './commit-plan.ts';
import type { Notifier, SettledEntry } from './notifier.ts';
import { chatKind, fromItem, type PendingChat, toItem } from './pending-item.ts';
import type { PendingStorage } from './pending-storage.ts';
import type { RecentEntries } from './recent-entries.ts';
import { pendingFragment, pendingToWire } from './wire.ts';

/** An entry on its way into the outbox. */
interface Accepting {
  /** The session that gets an answer. */
  readonly from: Session;
  readonly chat: PendingChat;
  /** The same as the outbox carries it. */
  readonly body: string;
}

export interface PendingEntriesOptions {
  readonly outbox: OutboxPort;
  readonly storage: PendingStorage;
  readonly recent: RecentEntries;
  readonly sessions: Pick<SessionTable, 'ofUser'>;
  readonly notifier: Notifier;
  /** The highest number of a conversation that is known here, 0 if none is. */
  readonly headOf: (conversationId: ConversationId) => number;
}

/** Chat's side of the outbox: entries that were accepted while SQL could not take them. */
export class PendingEntries implements OutboxFeature {
  readonly #options: PendingEntriesOptions;
  /** Sessions whose first message waits, or need not wait any more, for what is pending to be read. */
  readonly #looked = new WeakMap<Session, Promise<void> | true>();
  /** What is being accepted, by the key of the entry. */
  readonly #accepting = new Map<string, Accepting>();
  readonly #read = new WeakMap<OutboxItem, PendingChat>();

  constructor(options: PendingEntriesOptions) {
    this.#options = options;
    options.outbox.addFeature(chatKind, this);
  }

  /**
   * What is pending must be known before the first message of a session is accepted: its author may have written something on
   * another server that is still pending. @returns what to wait for, if anything.
   */
  firstLook(session: Session): Promise<void> | undefined {
    const looked = this.#looked.get(session);
    if (looked === true) return undefined;
    if (looked !== undefined) return looked;
    const look = this.#options.outbox.look().then(() => void this.#looked.set(session, true));
    this.#looked.set(session, look);
    return look;
  }

  /** Whether what follows in this conversation must wait for what is pending there. */
  carries(conversationId: ConversationId): boolean {
    return this.#options.outbox.carries(lineOfConversation(conversationId));
  }

  /** Accepts an entry that SQL cannot take now. @throws UCError `STORAGE_UNAVAILABLE` when Redis cannot take it either. */
  async accept(entry: NewEntry, members: readonly UserId[], from: Session): Promise<Result<'chat.send'>> {
    const { outbox, recent, headOf } = this.#options;
    const stored = recent.find(entry.conversationId, entry.entryId);
    if (stored !== undefined && isSame(entry, stored)) return { seq: stored.seq, at: stored.at };
    const key = keyOf(entry);
    const chat = { entry, place: 1, members };
    const asked = toItem(chat);
    this.#accepting.set(key, { from, chat, body: asked.body });
    try {
      const { item, settled } = await outbox.accept(asked, headOf(entry.conversationId));
      const { at } = this.#chatOf(item).entry;
      return settled?.seq === undefined ? { pending: item.place, at } : { seq: settled.seq, at };
    } finally {
      this.#accepting.delete(key);
    }
  }

  /** What is pending in a conversation, in order. */
  of(conversationId: ConversationId): PendingEntry[] {
    return this.#options.outbox.pendingOf(lineOfConversation(conversationId)).map((item) => pendingToWire(this.#chatOf(item)));
  }

  /** The same as they will be stored. */
  entriesOf(conversationId: ConversationId): NewEntry[] {
    return this.#options.outbox.pendingOf(lineOfConversation(conversationId)).map((item) => this.#chatOf(item).entry);
  }

  /** Members of a conversation of which something is pending, as its first pending entry names them. */
  membersOf(conversationId: ConversationId): readonly UserId[] | undefined {
    const [first] = this.#options.outbox.pendingOf(lineOfConversation(conversationId));
    return first === undefined ? undefined : this.#chatOf(first).members;
  }

  /** Conversations of a person of which something is pending. */
  conversationsOf(userId: UserId): ConversationId[] {
    const { outbox } = this.#options;
    return [...outbox.lines()].flatMap((line) => {
      const [first] = outbox.pendingOf(line);
      if (first?.kind !== chatKind) return [];
      const { entry, members } = this.#chatOf(first);
      return members.includes(userId) ? entry.conversationId : [];
    });
  }

  /** Another server has accepted these. */
  told(told: readonly PendingChat[]): void {
    this.#options.outbox.learn(told.map((each) => this.#itemOf(each)));
  }

  /** Another server has seen these in SQL. */
  toldSettled(told: readonly SettledEntry[]): void {
    const nameOf = ({ conversationId, entryId }: SettledEntry) => ({ kind: chatKind, key: conversationId, id: entryId });
    this.#options.outbox.settle(told.map((each) => ({ item: { ...nameOf(each), place: 1, body: '' }, seq: each.seq })));
  }

  same(one: OutboxItem, other: OutboxItem): boolean {
    return isSame(this.#chatOf(one).entry, this.#chatOf(other).entry);
  }

  /** One transaction, so that nothing of it is stored if not all is. */
  async store(items: readonly OutboxItem[]): Promise<readonly Settled[]> {
    const waiting = items.map((item) => this.#chatOf(item));
    const outcomes = await this.#options.storage.storeAll(waiting);
    const settled: Settled[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const item = items[index];
      const chat = waiting[index];
      if (item === undefined || chat === undefined || outcome === 'away') continue;
      const seq = outcome === 'conflict' ? await this.#storeUnderOtherId(chat) : outcome;
      if (seq !== 'away') settled.push({ item, seq });
    }
    return settled;
  }

  async held(items: readonly OutboxItem[]): Promise<readonly Settled[]> {
    const stored = await this.#options.storage.read(items.map((item) => this.#chatOf(item).entry));
    return items.flatMap((item) => {
      const { entry } = this.#chatOf(item);
      const found = stored.get(keyOf(entry));
      return found !== undefined && isSame(entry, found) ? { item, seq: found.seq } : [];
    });
  }

  pending(items: readonly OutboxItem[], accepted: boolean): void {
    const news = items.map((item) => this.#chatOf(item));
    for (const each of news) {
      this.#push(each.members, pendingFragment(each), this.#accepting.get(keyOf(each.entry))?.from);
    }
    if (accepted) this.#options.notifier.pending(news);
  }

  settled(settled: readonly Settled[], seen: boolean): void {
    const news = settled.map(({ item, seq }) => {
      const { entry, members } = this.#chatOf(item);
      const { conversationId, entryId } = entry;
      return { to: members, told: { conversationId, entryId, seq } };
    });
    for (const { to, told } of news) {
      const { seq, ...ids } = told;
      if (seq !== undefined) this.#push(to, fragment('chat.committed', { ...ids, seq }));
    }
    if (seen) this.#options.notifier.settled(news);
  }

  /**
   * Its id was used before for something else that SQL holds, which nobody could know while SQL was away. It was acknowledged, so
   * it is kept, for the administrator, under an id made from what it is.
   */
  async #storeUnderOtherId({ entry, place, members }: PendingChat): Promise<number | 'away'> {
    const { conversationId, author, kind, body } = entry;
    const digest = hash('sha256', JSON.stringify([conversationId, entry.entryId, author, kind, body]), 'base64url');
    const refused = JSON.stringify({ refused: Buffer.from(body).toString('base64') });
    const kept = { ...entry, entryId: entryIdSchema.parse(`x-${digest}`), kind: rejectedKind, body: refused };
    const [outcome = 'away'] = await this.#options.storage.storeAll([{ entry: kept, place, members }]);
    return outcome === 'conflict' ? 'away' : outcome;
  }

  /** An item that need not be read, because what it says is at hand. */
  #itemOf(chat: PendingChat): OutboxItem {
    const item = toItem(chat);
    this.#read.set(item, chat);
    return item;
  }

  /** An item is looked at several times on its way. */
  #chatOf(item: OutboxItem): PendingChat {
    const known = this.#read.get(item);
    if (known !== undefined) return known;
    const accepting = this.#accepting.get(`${item.key}/${item.id}`);
    const chat = accepting?.body === item.body ? { ...accepting.chat, place: item.place } : fromItem(item);
    this.#read.set(item, chat);
    return chat;
  }

  #push(members: readonly UserId[], told: ReturnType<typeof fragment>, except?: Session): void {
    for (const member of members) {
      for (const session of this.#options.sessions.ofUser(member)) if (session !== except) session.push(told);
    }
  }
}

function lineOfConversation(conversationId: ConversationId): string {
  return lineOf({ kind: chatKind, key: conversationId });
}
