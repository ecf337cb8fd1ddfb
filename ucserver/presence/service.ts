import type { Registry } from 'prom-client';
import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { UserId } from '#shared/ids.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import type { Keys } from '#shared/redis/keys.ts';
import type { RecordSigner } from '#shared/redis/records.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Database, type Replica, replicaParts } from '#ucserver/database/index.ts';
import type { Session, SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { Permissions } from '#ucserver/permissions/index.ts';
import type { SignIn } from '#ucserver/sign-in/index.ts';
import { PresenceActs } from './acts.ts';
import { ClaimSource, type SourcedClaim } from './claim-source.ts';
import type { PresenceConfig } from './config.ts';
import { manualInForce } from './engine.ts';
import { createMetrics, type PresenceCounts } from './metrics.ts';
import { Notifier } from './notifier.ts';
import type { OwnedUser } from './owned-user.ts';
import { OwnedUsers } from './owned-users.ts';
import { Registrar } from './registrar.ts';
import { isNews, type PresenceRow, toStored } from './repository.ts';
import { PresenceSaver } from './saver.ts';
import { PresenceStore } from './store.ts';
import { isHeard, Subscriber } from './subscriber.ts';
import { type StoredPresence, UnownedUsers } from './unowned.ts';
import { WatchBook } from './watch-book.ts';
import { Watching } from './watching.ts';

export interface PresenceOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly permissions: Permissions;
  readonly database: Database;
  readonly replica: Replica;
  readonly signer: RecordSigner;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly config: PresenceConfig;
  /** Says who did not come back after the death of their server. */
  readonly signIn: Pick<SignIn, 'onGone' | 'addClaims'>;
}

/** Presence on one server: joins the owner's side, the watcher's side and what is kept. */
export class PresenceService {
  readonly watching: Watching;
  readonly acts: PresenceActs;
  readonly #options: PresenceOptions;
  readonly #book = new WatchBook();
  readonly #owned: OwnedUsers;
  readonly #unowned: UnownedUsers;
  readonly #notifier: Notifier;
  readonly #subscriber: Subscriber;
  readonly #claims: ClaimSource;
  readonly #saver: PresenceSaver;
  readonly #store: PresenceStore;
  readonly #stored = new WeakMap<PresenceRow, StoredPresence>();
  readonly #stops: (() => void)[] = [];

  constructor(options: PresenceOptions) {
    this.#options = options;
    const { cluster, ownership, sessions, permissions, clock, config } = options;
    const logger = options.logger.child({ part: 'presence' });
    const { mesh } = cluster;
    const book = this.#book;
    const people = options.replica.items(replicaParts.users);
    const stored = (userId: UserId) => this.#storedOf(userId);
    const exists = (userId: UserId) => people.has(userId);
    const onLasting = (user: OwnedUser) => this.#save(user);
    const nothingYet: PresenceVersion = [0, ownership.self.serverId, 0, 0];
    const metrics = createMetrics(options.registry, () => this.counts());
    this.#saver = new PresenceSaver({ database: options.database, clock, logger });
    this.#store = new PresenceStore({ ...options, logger, recordOf: (userId) => this.#owned.get(userId)?.record() });
    this.#owned = new OwnedUsers({
      ...{ clock, sessions, ownership, stored, onLasting },
      leftBy: (owner, userId) => this.#store.leftBy(owner, userId),
      onChanged: (users) => {
        metrics.changed(users.size);
        this.#notifier.tell(users);
        for (const { userId } of users) this.#store.touch(userId);
      },
    });
    this.#unowned = new UnownedUsers({ clock, stored, nothingYet, onDue: (userId) => this.#unownedChanged(userId, true) });
    const registrar = new Registrar({
      ...{ mesh, clock, logger, book },
      onAnswer: (watched, answer, owner) => this.watching.answered(watched, answer, owner),
      onDifference: (buckets) => metrics.repaired(buckets),
    });
    this.watching = new Watching({
      ...{ mesh, clock, sessions, ownership, permissions, book, owned: this.#owned, unowned: this.#unowned, registrar },
      ...{ nothingYet, exists, isHeard: (owner) => isHeard(cluster, owner) },
    });
    this.#notifier = new Notifier({
      ...{ mesh, sessions, permissions, owned: this.#owned },
      tellHere: (document) => this.watching.tellHere(document),
    });
    this.#subscriber = new Subscriber({
      ...{ cluster, ownership, permissions, clock, config, book, registrar, unowned: this.#unowned, watching: this.watching },
      signIn: options.signIn,
    });
    this.#claims = new ClaimSource({ mesh, ownership, owned: this.#owned, logger });
    this.acts = new PresenceActs({
      clock,
      ownership,
      permissions,
      owned: this.#owned,
      book,
      exists,
      onLasting,
      keep: (userId) => this.#store.keep(userId),
    });
  }

  /** Begins to answer and to tell. Start it before the first session is opened. */
  start(): void {
    const { cluster, ownership, sessions, replica, clock, config, signIn } = this.#options;
    for (const part of [this.#owned, this.#notifier, this.#subscriber, this.#claims, this.acts]) part.start();
    const touch = clock.every(config.touchMs, () => this.#touchAll());
    sessions.onClosed((session) => this.#book.forget(session, clock.monotonicMs()));
    this.#stops.push(
      () => touch.stop(),
      ownership.beforeRelease((userId) => this.#beforeRelease(userId)),
      ownership.onLost((userId) => {
        this.#notifier.interests.dropUser(userId);
        this.#store.touch(userId);
      }),
      signIn.addClaims((userId) => this.#owned.hasClaims(userId)),
      signIn.onGone((userIds, sinceMs) => {
        const seen = userIds.filter((userId) => !this.#appearsOffline(userId));
        if (this.#writesForTheDead()) this.#saver.seenUntil(seen, Math.floor(sinceMs));
      }),
      cluster.members.onLost((incarnation) => {
        this.#notifier.interests.dropServer(incarnation);
        this.#owned.dropClaims(incarnation);
      }),
      cluster.onRedisBack(() => this.#keepInRedis()),
      replica.onChange(replicaParts.userPresence, (ids) => {
        for (const id of ids) this.#unownedChanged(id as UserId, false);
      }),
    );
  }

  /** Stops and writes what is not stored yet, if SQL answers. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    this.#saver.seenUntil(this.#seenHere(), this.#options.clock.wallMs());
    for (const part of [this.#subscriber, this.#notifier, this.#claims, this.acts, this.#owned, this.#unowned, this.#store])
      part.stop();
    this.#book.clear();
    await this.#saver.stop();
  }

  /** Makes a reason for a state known, wherever the user is; replaces the one of the same id. For calls, calendars, desk phones. */
  claim(userId: UserId, claimId: string, claim: SourcedClaim): void {
    this.#claims.claim(userId, claimId, claim);
  }

  /** The reason is gone. */
  withdraw(userId: UserId, claimId: string): void {
    this.#claims.withdraw(userId, claimId);
  }

  /** Sessions here that show this person: their own and those that watch them. */
  sessionsShowing(userId: UserId): Iterable<Session> {
    return new Set([...this.#options.sessions.ofUser(userId), ...(this.#book.get(userId)?.sessions() ?? [])]);
  }

  /** For metrics, and for the leak checks of tests. */
  counts(): PresenceCounts {
    const { users, watches } = this.#book.size;
    return {
      owned: [...this.#owned.all()].length,
      watched: users,
      watches,
      interests: this.#notifier.interests.size,
      unsaved: this.#saver.waiting,
    };
  }

  /** Should all servers die, this is when the people who are here were seen last; and what stands in Redis must not expire. */
  #touchAll(): void {
    void this.#saver.hereNow(this.#seenHere());
    this.#keepInRedis();
  }

  #seenHere(): UserId[] {
    return [...this.#options.sessions.users()].filter((userId) => !this.#owned.get(userId)?.merged?.appearsOffline);
  }

  #appearsOffline(userId: UserId): boolean {
    return manualInForce(this.#storedOf(userId)?.manual ?? {}, this.#options.clock.wallMs())?.state === 'offline';
  }

  #keepInRedis(): void {
    for (const { userId } of this.#owned.all()) this.#store.touch(userId);
  }

  /** Whoever is released is seen as they are from then on, and other servers can read it. */
  async #beforeRelease(userId: UserId): Promise<void> {
    const settled = this.#owned.get(userId)?.settled;
    const user = await this.#owned.settled(userId);
    if (user && !settled) this.#save(user);
    await this.#saver.flush();
  }

  #save(user: OwnedUser): void {
    const version = user.version;
    if (version) this.#saver.save(user.userId, user.lasting, version);
  }

  #storedOf(userId: UserId): StoredPresence | undefined {
    const row = this.#options.replica.items(replicaParts.userPresence).get(userId);
    if (!row) return undefined;
    let stored = this.#stored.get(row);
    if (!stored) {
      stored = toStored(row);
      if (stored) this.#stored.set(row, stored);
    }
    return stored;
  }

  /** @param replace also if something newer was told. */
  #unownedChanged(userId: UserId, replace: boolean): void {
    const { ownership } = this.#options;
    if (ownership.owns(userId)) {
      const row = this.#options.replica.items(replicaParts.userPresence).get(userId);
      const user = this.#owned.get(userId);
      if (row && user && isNews(row, user.lasting)) this.#owned.learnStored(userId);
      return;
    }
    const watched = this.#book.get(userId);
    if (watched && !watched.owner && !ownership.ownerOf(userId)) this.watching.tellUnowned(watched, replace);
  }

  /** One of the living notes when the people of a dead server were seen last; should two do it, nothing is wrong. */
  #writesForTheDead(): boolean {
    const { members, self } = this.#options.cluster;
    return members.all().every(({ incarnation, suspected }) => suspected || incarnation.serverId >= self.serverId);
  }
}
