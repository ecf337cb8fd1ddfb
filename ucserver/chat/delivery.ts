import type { ConversationId, ServerId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Fragment, fragment, type Session, type SessionTable } from '#ucserver/gateway/index.ts';
import type { StoredEntry } from './commit-plan.ts';
import type { ChatDirectory } from './conversation-members.ts';
import type { Generation } from './generation.ts';
import { LogState } from './log-state.ts';
import { membersAfter, membershipChangeOf } from './membership-plan.ts';
import type { ChatRepository } from './repository.ts';
import { entryFragment } from './wire.ts';

/** How long an entry that came too early waits for those before it to come by themselves. */
export const gapWaitMs = 50;
/** A gap longer than this is told as a head: each client reads what it is missing. */
export const longestFill = 200;

const retryAfterMs = 1_000;
const sweepEveryMs = 30_000;

export interface DeliveryOptions {
  readonly sessions: Pick<SessionTable, 'ofUser' | 'has'>;
  readonly repository: Pick<ChatRepository, 'entriesAfter' | 'membersOf'>;
  readonly directory: Pick<ChatDirectory, 'membersOf' | 'membersChangedAt'>;
  readonly generation: Generation;
  /** Asks another server's recent cache; answers the entries that follow `after`, or none. May reject. */
  readonly askRecent: (
    from: ServerId,
    conversationId: ConversationId,
    after: number,
    limit: number,
  ) => Promise<readonly StoredEntry[]>;
  /** Clients here are told of this entry; members as of it. */
  readonly onTold: (entry: StoredEntry, members: readonly UserId[]) => void;
  /** Somebody has come with this entry; clients here were told. */
  readonly onJoined: (entry: StoredEntry, members: readonly UserId[]) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Log {
  readonly state: LogState;
  members: readonly UserId[];
  /** Number of the entry as of which the members are known to be these; 0: they were taken from somewhere. */
  membersAsOf: number;
  /** The server that told of what is after the gap. */
  source: ServerId | undefined;
  timer: Timer | undefined;
  filling: boolean;
}

/**
 * Brings committed entries to the clients of this server: per conversation in the order of the log, each once, and what is
 * missing is fetched.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #logs = new Map<ConversationId, Log>();
  #sweep: Timer | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  start(): void {
    this.#sweep ??= this.#options.clock.every(sweepEveryMs, () => this.#forgetUnused());
  }

  stop(): void {
    this.#sweep?.stop();
    for (const { timer } of this.#logs.values()) timer?.stop();
    this.#logs.clear();
  }

  /** The highest number of a conversation that is known here to be committed. */
  headOf(conversationId: ConversationId): number | undefined {
    return this.#logs.get(conversationId)?.state.head;
  }

  /** Clients were answered how far the conversation has got, so what is told next must follow that. */
  answered(conversationId: ConversationId, members: readonly UserId[], head: number): void {
    if (!this.#logs.has(conversationId)) this.#open(conversationId, members, head);
  }

  /** Members as of the last change that was told here, unless the memory copy knows of a later one. */
  newerMembersOf(conversationId: ConversationId): readonly UserId[] | undefined {
    const log = this.#logs.get(conversationId);
    if (log === undefined) return undefined;
    const changedAt = this.#options.directory.membersChangedAt(conversationId);
    return changedAt === undefined || log.membersAsOf > changedAt ? log.members : undefined;
  }

  /** Takes what another server has committed. */
  take(entry: StoredEntry, members: readonly UserId[], source: ServerId): void {
    const log = this.#logs.get(entry.conversationId) ?? this.#openFor(entry, members);
    if (log === undefined) return;
    log.source = source;
    this.#tell(log, log.state.take(entry));
    this.#watchGap(entry.conversationId, log, gapWaitMs);
  }

  /** Takes what this server has committed; the session it came from gets the answer to its request instead. */
  takeOwn(entry: StoredEntry, members: readonly UserId[], from: Session | undefined): void {
    const log = this.#logs.get(entry.conversationId) ?? this.#openFor(entry, members);
    if (log === undefined) return;
    const [first, ...rest] = log.state.take(entry);
    if (first !== undefined) this.#tellOne(log, first, from);
    this.#tell(log, rest);
    this.#watchGap(entry.conversationId, log, gapWaitMs);
  }

  /** Some server or SQL says how far the conversation has got. @returns false when nothing of it was told here yet. */
  learn(conversationId: ConversationId, seq: number, source?: ServerId): boolean {
    const log = this.#logs.get(conversationId);
    if (log === undefined) return false;
    if (source !== undefined) log.source = source;
    log.state.learn(seq);
    this.#watchGap(conversationId, log, gapWaitMs);
    return true;
  }

  /** Tells clients to read for themselves what is after their cursor. */
  tellHead(conversationId: ConversationId, members: readonly UserId[], seq: number): void {
    const generation = this.#options.generation.value;
    if (generation === undefined) return;
    this.answered(conversationId, members, seq);
    this.#push(members, () => fragment('chat.head', { conversationId, head: { generation, seq } }));
  }

  /** What was told belongs to a database that is no more. */
  reset(): void {
    for (const { timer } of this.#logs.values()) timer?.stop();
    this.#logs.clear();
  }

  #open(conversationId: ConversationId, members: readonly UserId[], told: number): Log {
    const state = new LogState(told);
    const log: Log = { state, members, membersAsOf: 0, source: undefined, timer: undefined, filling: false };
    this.#logs.set(conversationId, log);
    return log;
  }

  /** The clients know nothing of this conversation yet, so its log begins here for them. */
  #openFor(entry: StoredEntry, members: readonly UserId[]): Log | undefined {
    const { added = [], removed = [] } = membershipChangeOf(entry) ?? {};
    const isHere = (userId: UserId) => this.#options.sessions.has(userId);
    if (![members, added, removed].some((users) => users.some(isHere))) return undefined;
    return this.#open(entry.conversationId, members, entry.seq - 1);
  }

  #tell(log: Log, entries: readonly StoredEntry[]): void {
    for (const entry of entries) this.#tellOne(log, entry);
  }

  /** Who comes and who goes with an entry is told of it too; members change in the order of the log, whenever they were heard of. */
  #tellOne(log: Log, entry: StoredEntry, except?: Session): void {
    const change = membershipChangeOf(entry);
    this.#correctMembers(log, entry);
    this.#options.onTold(entry, change === undefined ? log.members : membersAfter(log.members, change));
    if (change === undefined) {
      this.#push(log.members, () => entryFragment(entry), except);
      return;
    }
    const concerned = new Set([...log.members, ...change.added, ...change.removed]);
    this.#push([...concerned], () => entryFragment(entry), except);
    log.members = membersAfter(log.members, change);
    log.membersAsOf = entry.seq;
    if (change.added.length > 0) this.#options.onJoined(entry, log.members);
  }

  /** A log may have begun with members of which somebody had left already; the memory copy has heard of it since. */
  #correctMembers(log: Log, { conversationId, seq }: StoredEntry): void {
    const { directory } = this.#options;
    const changedAt = directory.membersChangedAt(conversationId) ?? 0;
    if (changedAt <= log.membersAsOf || changedAt > seq) return;
    log.members = directory.membersOf(conversationId) ?? log.members;
    log.membersAsOf = changedAt;
  }

  /** Serialises once, and only when somebody is there. */
  #push(members: readonly UserId[], make: () => Fragment, except?: Session): void {
    let made: Fragment | undefined;
    for (const userId of members) {
      for (const session of this.#options.sessions.ofUser(userId)) {
        if (session === except) continue;
        made ??= make();
        session.push(made);
      }
    }
  }

  #watchGap(conversationId: ConversationId, log: Log, delayMs: number): void {
    if (!log.state.hasGap) {
      log.timer?.stop();
      log.timer = undefined;
      return;
    }
    if (log.filling) return;
    log.timer ??= this.#options.clock.after(delayMs, () => {
      log.timer = undefined;
      void this.#fill(conversationId, log);
    });
  }

  /** Fetches what is missing: from the server that knows more, else from SQL. Never rejects. */
  async #fill(conversationId: ConversationId, log: Log): Promise<void> {
    log.filling = true;
    try {
      if (log.source !== undefined) await this.#fillFromPeer(conversationId, log, log.source);
      if (log.state.hasGap) await this.#fillFromSql(conversationId, log);
    } catch (error) {
      if (!(error instanceof UCError)) this.#options.logger.error('A gap could not be filled', { conversationId, error });
    } finally {
      log.filling = false;
    }
    if (this.#logs.get(conversationId) === log) this.#watchGap(conversationId, log, retryAfterMs);
  }

  async #fillFromPeer(conversationId: ConversationId, log: Log, source: ServerId): Promise<void> {
    try {
      const entries = await this.#options.askRecent(source, conversationId, log.state.told, longestFill);
      for (const entry of entries) this.#tell(log, log.state.take(entry));
    } catch (error) {
      this.#options.logger.debug('A server could not be asked for recent entries', { conversationId, source, error });
    }
  }

  async #fillFromSql(conversationId: ConversationId, log: Log): Promise<void> {
    const { head } = log.state;
    const entries = await this.#options.repository.entriesAfter(conversationId, log.state.told, longestFill);
    const [next] = entries;
    if (next === undefined || next.seq > log.state.told + 1) {
      if (log.state.hasGap) await this.#options.generation.doubt(conversationId, head);
      return;
    }
    if (entries.length === longestFill) {
      log.state.learn(entries.at(-1)?.seq ?? head);
      log.state.skipToHead();
      log.members = await this.#options.repository.membersOf(conversationId);
      log.membersAsOf = log.state.told;
      this.tellHead(conversationId, log.members, log.state.told);
      return;
    }
    for (const entry of entries) this.#tell(log, log.state.take(entry));
  }

  #forgetUnused(): void {
    for (const [conversationId, log] of this.#logs) {
      if (log.members.some((userId) => this.#options.sessions.has(userId))) continue;
      log.timer?.stop();
      this.#logs.delete(conversationId);
    }
  }
}
