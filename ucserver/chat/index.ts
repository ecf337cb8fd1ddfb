import type { Registry } from 'prom-client';
import type { Members } from '#shared/cluster/cluster-port.ts';
import { type FileId, incarnationId, type UserId } from '#shared/ids.ts';
import { chatRecent } from '#shared/mesh/contracts/chat.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { FileRef } from '#shared/protocol/files.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Database, Replica } from '#ucserver/database/index.ts';
import type { Dispatcher, SessionTable } from '#ucserver/gateway/index.ts';
import type { OutboxPort } from '#ucserver/outbox/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import { Acceptance } from './acceptance.ts';
import { Access } from './access.ts';
import type { StoredEntry } from './commit-plan.ts';
import { type Committed, Committer } from './committer.ts';
import type { ChatConfig } from './config.ts';
import { ConversationMembers } from './conversation-members.ts';
import { Delivery } from './delivery.ts';
import { DepartmentFollower } from './department-follower.ts';
import { DepartmentRepository } from './department-repository.ts';
import { DepartmentService } from './department-service.ts';
import { replicaDepartments, replicaDirectory } from './directory.ts';
import { DraftRepository, DraftService } from './drafts/index.ts';
import { EntryFinder } from './entry-finder.ts';
import { EntryRepository } from './entry-repository.ts';
import { Generation } from './generation.ts';
import { GroupService } from './group-service.ts';
import { Heads } from './heads.ts';
import { MemoryView } from './memory-view.ts';
import { MessageService } from './message-service.ts';
import { registerChatMethods } from './methods.ts';
import { createMetrics } from './metrics.ts';
import { NamedEntries } from './named-entries.ts';
import { Notifier } from './notifier.ts';
import { PendingEntries } from './pending-entries.ts';
import { PendingMembership } from './pending-membership.ts';
import { PendingStorage } from './pending-storage.ts';
import { PositionReader } from './position-reader.ts';
import type { PositionSpool } from './position-spool.ts';
import { PositionWriter } from './position-writer.ts';
import { Presentation } from './presentation.ts';
import { RecentEntries, recentEntries } from './recent-entries.ts';
import { ChatRepository } from './repository.ts';
import { RetentionCleaner, RetentionRepository } from './retention/index.ts';
import { createSearch } from './search/index.ts';
import { ChatService } from './service.ts';
import type { ChatDays, ChatLimits } from './settings.ts';
import { Subscriber } from './subscriber.ts';
import { TypingLimit } from './typing-limit.ts';

export { type ChatConfig, chatConfigSchema } from './config.ts';
export { directConversationId } from './conversation-id.ts';
export { draftProcedures } from './drafts/index.ts';
export { PositionSpool, positionFolder } from './position-spool.ts';
export { chatProcedures } from './procedures.ts';
export { retentionProcedures } from './retention/index.ts';
export { searchProcedures } from './search/index.ts';
export { chatDays, chatLimits, chatSettings } from './settings.ts';

export interface ChatDependencies {
  readonly database: Database;
  readonly replica: Pick<Replica, 'items' | 'refresh' | 'onChange'>;
  /** Whether `author` has the right `chat` with `addressee`, decided in memory. */
  readonly mayChat: (addressee: UserId, author: UserId) => boolean;
  /** Takes entries while SQL cannot. */
  readonly outbox: OutboxPort;
  /** Keeps read positions while SQL is away; chat closes it. */
  readonly positionSpool: PositionSpool;
  readonly limits: () => ChatLimits;
  readonly days: () => ChatDays;
  /** What is to be known of files that a message of this author refers to. @throws UCError `NOT_FOUND` when one is not theirs. */
  readonly filesFor: (fileIds: readonly FileId[], author: UserId) => Promise<readonly FileRef[]>;
  readonly mesh: Mesh;
  readonly members: Pick<Members, 'all'>;
  readonly ownership: Pick<Ownership, 'owns' | 'ownerOf'>;
  readonly sessions: SessionTable;
  readonly dispatcher: Pick<Dispatcher, 'register'>;
  readonly config: ChatConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Chat {
  start(): void;
  /** Stores what is waiting and ends. Entries that were sent before are answered first. */
  stop(): Promise<void>;
}

/** So that emptying old messages takes a small share of what SQL can do. */
const restBetweenStepsMs = 50;

/** @returns chat on this server; `start` before the mesh opens and sessions come, `stop` before the database closes. */
export function createChat(dependencies: ChatDependencies): Chat {
  const { database, replica, mayChat, outbox, mesh, ownership, sessions, dispatcher, limits, config, clock } = dependencies;
  const logger = dependencies.logger.child({ part: 'chat' });
  const metrics = createMetrics(dependencies.registry, dependencies.positionSpool);

  const directory = replicaDirectory(replica);
  const repository = new ChatRepository(database);
  const recent = new RecentEntries(config.recentConversations);
  const membership: PendingMembership = new PendingMembership({
    ...{ directory, clock },
    headOf: (conversationId) => memory.headOf(conversationId),
  });
  const inForce = membership.over(directory);
  const members = new ConversationMembers(inForce, (conversationId) => {
    const told = delivery.newerMembersOf(conversationId);
    return told && membership.members(conversationId, told);
  });
  const notifier = new Notifier({ mesh, ownership });
  const positions = new PositionWriter({
    ...{ repository, spool: dependencies.positionSpool, clock, logger, everyMs: config.positionsEveryMs },
    canWrite: () => database.health.writes === 'up',
  });
  const generation = new Generation({ repository, logger, onRaised: () => restored() });
  const delivery = new Delivery({
    ...{ sessions, repository, directory, generation, clock, logger, onJoined: tellNewcomers },
    onTold: (entry, everybody) => recent.add(entry, everybody),
    askRecent: async (from, conversationId, after, limit) => {
      const answer = await mesh.request(from, chatRecent, { conversationId, after, limit }, { deadlineMs: 500 });
      if (answer.generation !== undefined) generation.observe(answer.generation);
      return answer.entries;
    },
  });
  // What this server has committed before it heard who has come was not told to the server of the newcomer.
  function tellNewcomers({ conversationId, seq }: StoredEntry, everybody: readonly UserId[]): void {
    const missed = recent.after(conversationId, seq, recentEntries);
    if (missed.length === 0 || generation.value === undefined) return;
    const told = missed.map((entry) => ({ entry, members: everybody, from: undefined }));
    notifier.committed(generation.value, told);
  }

  const heads = new Heads({
    ...{ repository, delivery, generation, members, sessions, clock, logger },
    isCutOff: () => mesh.state === 'down' || dependencies.members.all().some(({ suspected }) => suspected),
  });
  const pending: PendingEntries = new PendingEntries({
    ...{
      outbox,
      recent,
      membership,
      sessions,
      notifier,
      storage: new PendingStorage({ repository, clock, logger, onCommitted }),
    },
    headOf: (conversationId) => memory.headOf(conversationId),
  });
  const access = new Access({ directory: inForce, members, mayChat });
  const memory: MemoryView = new MemoryView({
    ...{ directory: inForce, members, recent, pending, membership, access, delivery, generation },
  });
  const subscriber = new Subscriber({ mesh, ownership, sessions, recent, delivery, generation, heads, pending, members });
  const committer = new Committer({
    ...{ repository, clock, logger, batchEntries: config.batchEntries, gatherMs: config.gatherMs },
    onCommitted,
  });
  const typing = new TypingLimit(clock);
  const acceptance = new Acceptance({ committer, pending });
  const accept: typeof acceptance.accept = (entry, everybody, from) => acceptance.accept(entry, everybody, from);
  const finder = new EntryFinder({ repository, pending, recent });
  const presentation = new Presentation({ access, members, membership, pending, positions });
  const chat = new ChatService({
    ...{
      directory,
      access,
      members,
      repository,
      recent,
      memory,
      presentation,
      positions,
      delivery,
      generation,
      notifier,
      subscriber,
      typing,
    },
  });
  const messages = new MessageService({
    ...{ access, finder, clock, filesFor: dependencies.filesFor, limits: () => limits().messages, commit: accept },
  });
  const groups = new GroupService({
    ...{ access, directory: inForce, repository, finder, sessions, mayChat, clock, limits: () => limits().groups },
    commit: accept,
    read: (userId, conversationId) => chat.read(userId, conversationId),
  });
  const companyDepartments = replicaDepartments(replica);
  const departmentRepository = new DepartmentRepository(database);
  const follower = new DepartmentFollower({
    ...{ departments: companyDepartments, repository: departmentRepository, isFirst, clock, logger },
    exists: (conversationId) => directory.membersOf(conversationId) !== undefined,
    commit: (entry, everybody) => committer.commit(entry, everybody),
  });
  const departments = new DepartmentService({
    ...{ departments: companyDepartments, directory, repository: departmentRepository, follower },
    limits: () => limits().groups,
    read: (userId, conversationId) => chat.read(userId, conversationId),
  });
  const storedDrafts = new DraftRepository(database);
  const drafts = new DraftService({ access, repository: storedDrafts, sessions, most: () => limits().drafts, clock });
  const retention = new RetentionCleaner({
    ...{ repository: new RetentionRepository(database), drafts: storedDrafts, days: dependencies.days, clock, logger },
    ...{ everyMs: config.retentionEveryMs, restMs: restBetweenStepsMs, onOld: (before) => recent.emptyBefore(before) },
    holder: () => incarnationId(mesh.self),
    onEmptied: (conversationId, upTo) => {
      subscriber.tellEmptied(conversationId, upTo);
      notifier.emptied(conversationId, upTo, members.known(conversationId) ?? []);
    },
  });
  const named = new NamedEntries({ access, repository: new EntryRepository(database) });
  const search = createSearch({
    ...{ database, access, config, clock, logger, registry: dependencies.registry },
    pendingOf: (userId) => pending.conversationsOf(userId).flatMap((id) => pending.entriesOf(id, userId)),
    isFirst,
  });
  const reading = new PositionReader({ access, repository, waiting: (id, userId) => positions.waiting(id, userId) });
  registerChatMethods(dispatcher, {
    ...{ chat, messages, groups, departments, drafts, named },
    ...{ positions: reading, search: search.service },
  });

  /** One server does what one is enough for; two in the same moment do no harm. */
  function isFirst(): boolean {
    return dependencies.members.all().every(({ incarnation }) => incarnation.serverId >= mesh.self.serverId);
  }

  function onCommitted(current: number, committed: readonly Committed[]): void {
    metrics.committed(committed.length);
    search.indexer.committed(committed);
    generation.observe(current);
    notifier.committed(current, committed);
    deliver(committed);
  }

  function deliver(committed: readonly Committed[]): void {
    for (const { entry, members: everybody, from } of committed) {
      const head = delivery.headOf(entry.conversationId) ?? 0;
      recent.add(entry, everybody);
      delivery.takeOwn(entry, everybody, from);
      // A number that was given before: either the log was read meanwhile, or the database is an older one.
      if (entry.seq <= head) generation.doubt(entry.conversationId, head).catch(() => undefined);
    }
  }

  function restored(): void {
    recent.clear();
    delivery.reset();
    void heads.tellAll();
  }

  return {
    start() {
      delivery.start();
      positions.start();
      heads.start();
      subscriber.start();
      search.indexer.start();
      follower.start();
      retention.start();
      sessions.onOpened(({ userId }) => heads.signedIn(userId));
      generation.read().catch((error: unknown) => logger.warn('The database generation could not be read yet', { error }));
    },
    async stop() {
      subscriber.stop();
      heads.stop();
      membership.stop();
      await Promise.all([follower.stop(), retention.stop()]);
      await committer.settled();
      await positions.stop();
      await search.indexer.stop();
      delivery.stop();
    },
  };
}
