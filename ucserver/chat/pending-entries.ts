import { hash } from 'node:crypto';
import { type ConversationId, type EntryId, entryIdSchema, type UserId } from '#shared/ids.ts';
import type { PendingEntry } from '#shared/protocol/chat.ts';
import type { Result } from '#shared/protocol/index.ts';
import { fragment, type Session, type SessionTable } from '#ucserver/gateway/index.ts';
import { lineOf, type OutboxFeature, type OutboxItem, type OutboxPort, type Settled } from '#ucserver/outbox/index.ts';
import { isSame, keyOf, type NewEntry, rejectedKind } from './commit-plan.ts';
import { conversationKindOf } from './conversation-id.ts';
import { targetOf } from './entry-target.ts';
import type { Notifier, SettledEntry } from './notifier.ts';
import { chatKind, fromItem, type PendingChat, toItem } from './pending-item.ts';
import type { PendingMembership } from './pending-membership.ts';
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
  readonly recent: Pick<RecentEntries, 'find'>;
  readonly membership: Pick<PendingMembership, 'add' | 'stored'>;
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
  /** What is pending about other entries, by the key of the target, in order. */
  readonly #about = new Map<string, readonly PendingChat[]>();

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

  /** Reads what other servers have accepted. Never rejects. */
  look(): Promise<void> {
    return this.#options.outbox.look();
  }

  /** A pending entry by its id. */
  find(conversationId: ConversationId, entryId: EntryId): PendingChat | undefined {
    const found = this.#options.outbox.find({ kind: chatKind, key: conversationId, id: entryId });
    return found && this.#chatOf(found);
  }

  /** What is pending about an entry, in order. */
  about(conversationId: ConversationId, target: EntryId): NewEntry[] {
    return (this.#about.get(keyOf({ conversationId, entryId: target })) ?? []).map(({ entry }) => entry);
  }

  /** The part of a conversation that says what is pending and concerns this person, in order. */
  pendingIn(conversationId: ConversationId, userId: UserId): { readonly pending?: PendingEntry[] } {
    if (!this.carries(conversationId)) return {};
    const pending = this.#for(conversationId, userId).map(pendingToWire);
    return pending.length === 0 ? {} : { pending };
  }

  /** The same entries as they will be stored. */
  entriesOf(conversationId: ConversationId, userId: UserId): NewEntry[] {
    return this.#for(conversationId, userId).map(({ entry }) => entry);
  }

  /** Members of a conversation of two people of which something is pending. */
  membersOf(conversationId: ConversationId): readonly UserId[] | undefined {
    return this.#in(conversationId)[0]?.members;
  }

  /** Conversations of which something is pending that concerns this person. */
  conversationsOf(userId: UserId): ConversationId[] {
    const { outbox } = this.#options;
    return [...outbox.lines()].flatMap((line) => {
      const items = outbox.pendingOf(line);
      if (items[0]?.kind !== chatKind) return [];
      const { conversationId } = this.#chatOf(items[0]).entry;
      // Two people stay the same two.
      const told = conversationKindOf(conversationId) === 'direct' ? items.slice(0, 1) : items;
      return told.some((item) => this.#chatOf(item).members.includes(userId)) ? conversationId : [];
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
    const { membership } = this.#options;
    const news = items.map((item) => this.#chatOf(item));
    for (const each of news) {
      membership.add(each);
      this.#setAbout(each, (others) => [...others, each].sort(comparePlaces));
      this.#push(each.members, pendingFragment(each), this.#accepting.get(keyOf(each.entry))?.from);
    }
    if (accepted) this.#options.notifier.pending(news);
  }

  settled(settled: readonly Settled[], seen: boolean): void {
    const news = settled.map(({ item, seq }) => {
      const chat = this.#chatOf(item);
      this.#options.membership.stored(chat);
      this.#setAbout(chat, (all) => all.filter((each) => keyOf(each.entry) !== keyOf(chat.entry)));
      const { entry, members } = chat;
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

  #setAbout({ entry }: PendingChat, change: (present: readonly PendingChat[]) => readonly PendingChat[]): void {
    const target = targetOf(entry);
    if (target === undefined) return;
    const key = keyOf({ conversationId: entry.conversationId, entryId: target });
    const next = change(this.#about.get(key) ?? []);
    if (next.length === 0) this.#about.delete(key);
    else this.#about.set(key, next);
  }

  #in(conversationId: ConversationId): PendingChat[] {
    return this.#options.outbox.pendingOf(lineOfConversation(conversationId)).map((item) => this.#chatOf(item));
  }

  /** Each entry concerns those who were in the conversation when it was accepted, and those who came or went with it. */
  #for(conversationId: ConversationId, userId: UserId): PendingChat[] {
    return this.#in(conversationId).filter(({ members }) => members.includes(userId));
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

function comparePlaces(one: PendingChat, other: PendingChat): number {
  return one.place - other.place || (one.entry.entryId < other.entry.entryId ? -1 : 1);
}

function lineOfConversation(conversationId: ConversationId): string {
  return lineOf({ kind: chatKind, key: conversationId });
}
