import { CompactSet } from '#shared/compact-set.ts';
import type { Incarnation, ServerId, UserId } from '#shared/ids.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import { bucketOf, PresenceDigest } from './digest.ts';
import { emptyRanks } from './document.ts';

/** The watchers one other server has for one user, by the rank of their level. */
class Interest {
  /** The ranks in use, ascending. */
  inUse: readonly number[] = [];
  readonly #watchers = emptyRanks<CompactSet<UserId>>();

  set(watcher: UserId, rank: number): void {
    const known = this.#watchers[rank];
    if (known?.has(watcher)) return;
    this.delete(watcher);
    if (known) known.add(watcher);
    else {
      this.#watchers[rank] = new CompactSet(watcher);
      this.#recount();
    }
  }

  delete(watcher: UserId): void {
    for (const rank of this.inUse) {
      const watchers = this.#watchers[rank];
      if (!watchers?.delete(watcher)) continue;
      if (watchers.size > 0) return;
      this.#watchers[rank] = undefined;
      this.#recount();
      return;
    }
  }

  /** All watchers with their ranks, as they are now. */
  entries(): (readonly [UserId, number])[] {
    return this.inUse.flatMap((rank) => (this.#watchers[rank]?.toArray() ?? []).map((watcher) => [watcher, rank] as const));
  }

  #recount(): void {
    this.inUse = [...this.#watchers.keys()].filter((rank) => this.#watchers[rank] !== undefined);
  }
}

interface WatchingServer {
  readonly life: number;
  readonly users: Map<UserId, Interest>;
}

/** A watcher whose level has changed. */
export interface ChangedRank {
  readonly watcher: UserId;
  readonly rank: number;
}

/** Which other servers watch the users owned here, for whom, and at which levels. Only in memory: watchers register anew. */
export class Interests {
  readonly #servers = new Map<ServerId, WatchingServer>();
  readonly #byUser = new Map<UserId, Map<ServerId, Interest>>();

  /** Adds watchers of a server. A new life of the server begins with nothing. */
  add(from: Incarnation, userId: UserId, ranks: Iterable<readonly [UserId, number]>): void {
    const interest = this.#interest(from, userId);
    for (const [watcher, rank] of ranks) interest.set(watcher, rank);
    if (interest.inUse.length === 0) this.#drop(from.serverId, userId);
  }

  /** Adds one watcher. */
  addOne(from: Incarnation, userId: UserId, watcher: UserId, rank: number): void {
    this.#interest(from, userId).set(watcher, rank);
  }

  remove(from: Incarnation, userId: UserId, watchers: Iterable<UserId>): void {
    const server = this.#servers.get(from.serverId);
    const interest = server?.life === from.life ? server.users.get(userId) : undefined;
    if (!interest) return;
    for (const watcher of watchers) interest.delete(watcher);
    if (interest.inUse.length === 0) this.#drop(from.serverId, userId);
  }

  /** Forgets what the server has in these buckets, before it names them completely. */
  clearBuckets(from: Incarnation, buckets: ReadonlySet<number>): void {
    const server = this.#servers.get(from.serverId);
    if (!server) return;
    for (const userId of server.users.keys()) if (buckets.has(bucketOf(userId))) this.#drop(from.serverId, userId);
  }

  dropUser(userId: UserId): void {
    for (const serverId of this.#byUser.get(userId)?.keys() ?? []) this.#servers.get(serverId)?.users.delete(userId);
    this.#byUser.delete(userId);
  }

  dropServer({ serverId, life }: Incarnation): void {
    const server = this.#servers.get(serverId);
    if (server?.life !== life) return;
    for (const userId of [...server.users.keys()]) this.#drop(serverId, userId);
    this.#servers.delete(serverId);
  }

  /** The servers that watch a user, together by the ranks in use there: most of the time that is one group. */
  groups(userId: UserId): Map<string, { readonly ranks: readonly number[]; readonly servers: ServerId[] }> {
    const groups = new Map<string, { ranks: readonly number[]; servers: ServerId[] }>();
    for (const [serverId, interest] of this.#byUser.get(userId) ?? []) {
      const key = interest.inUse.join('');
      const group = groups.get(key);
      if (group) group.servers.push(serverId);
      else groups.set(key, { ranks: interest.inUse, servers: [serverId] });
    }
    return groups;
  }

  isWatched(userId: UserId): boolean {
    return this.#byUser.has(userId);
  }

  /** Decides all levels of a user's watchers anew. @returns those that changed, by server. */
  reconsider(userId: UserId, rankOf: (watcher: UserId) => number): Map<ServerId, ChangedRank[]> {
    const changed = new Map<ServerId, ChangedRank[]>();
    for (const [serverId, interest] of this.#byUser.get(userId) ?? []) {
      for (const [watcher, before] of interest.entries()) {
        const rank = rankOf(watcher);
        if (rank === before) continue;
        interest.set(watcher, rank);
        const list = changed.get(serverId);
        if (list) list.push({ watcher, rank });
        else changed.set(serverId, [{ watcher, rank }]);
      }
    }
    return changed;
  }

  /** What this server should know. */
  digest(from: Incarnation, versionOf: (userId: UserId, rank: number) => PresenceVersion | undefined): PresenceDigest {
    const digest = new PresenceDigest();
    const server = this.#servers.get(from.serverId);
    if (server?.life !== from.life) return digest;
    for (const [userId, interest] of server.users) {
      for (const rank of interest.inUse) digest.add(userId, rank, versionOf(userId, rank));
    }
    return digest;
  }

  /** How many (server, user) pairs are registered; for metrics and the leak check of tests. */
  get size(): number {
    let size = 0;
    for (const { users } of this.#servers.values()) size += users.size;
    return size;
  }

  #interest(from: Incarnation, userId: UserId): Interest {
    let server = this.#servers.get(from.serverId);
    if (server && server.life !== from.life) this.dropServer({ serverId: from.serverId, life: server.life });
    if (server?.life !== from.life) {
      server = { life: from.life, users: new Map() };
      this.#servers.set(from.serverId, server);
    }
    let interest = server.users.get(userId);
    if (!interest) {
      interest = new Interest();
      server.users.set(userId, interest);
      let servers = this.#byUser.get(userId);
      if (!servers) {
        servers = new Map();
        this.#byUser.set(userId, servers);
      }
      servers.set(from.serverId, interest);
    }
    return interest;
  }

  #drop(serverId: ServerId, userId: UserId): void {
    this.#servers.get(serverId)?.users.delete(userId);
    const servers = this.#byUser.get(userId);
    servers?.delete(serverId);
    if (servers?.size === 0) this.#byUser.delete(userId);
  }
}
