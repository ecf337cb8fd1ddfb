import { type Incarnation, type IncarnationId, incarnationId, type ServerId, type UserId } from '#shared/ids.ts';
import type { ParamsOf, ResultOf } from '#shared/mesh/contract.ts';
import { presenceAddWatcher, presenceDigest, presenceRegister, presenceRelease } from '#shared/mesh/contracts/presence.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { bucketCount, bucketOf, PresenceDigest } from './digest.ts';
import type { WatchBook } from './watch-book.ts';
import type { WatchedUser } from './watched-user.ts';

type Registration = ParamsOf<typeof presenceRegister>['users'][number];
export type RegistrationAnswer = ResultOf<typeof presenceRegister>['users'][number] & { readonly watchers: readonly UserId[] };

export interface RegistrarOptions {
  readonly mesh: Mesh;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly book: WatchBook;
  /** Takes what the owner answered for one user. */
  readonly onAnswer: (watched: WatchedUser, answer: RegistrationAnswer, owner: Incarnation) => void;
  /** A digest has found so many buckets in which an owner has something else. */
  readonly onDifference: (buckets: number) => void;
}

/** Most users named in one request; a bucket is never split. */
const pageUsers = 200;
const longestJitterMs = 100;
const deadlineMs = 2_000;

/** Keeps the owners of watched users knowing that this server watches, and for whom. */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #moved = new Map<ServerId, Set<WatchedUser>>();

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /**
   * Names one watcher of these users, who have the same owner, to that owner.
   * @returns false when the owner could not be asked; registration is repeated by itself then.
   */
  async addWatcher(owner: Incarnation, watched: readonly WatchedUser[], watcher: UserId, deadline: number): Promise<boolean> {
    const { mesh, book, onAnswer } = this.#options;
    const userIds = watched.map(({ userId }) => userId);
    const have = watched.flatMap((each, index) => toldBy(owner, each, index));
    const params = { watcher, userIds, have };
    const answer = await this.#tried(owner, userIds.length, () =>
      mesh.request(owner.serverId, presenceAddWatcher, params, { deadlineMs: deadline }),
    );
    if (!answer) return false;
    const sent = Map.groupBy(answer.variants, ([index]) => index);
    const watchers = [watcher];
    for (const [index, rank] of answer.ranks.entries()) {
      const each = watched[index];
      if (rank === null || !each || book.get(each.userId) !== each || !isAt(each, owner)) continue;
      const variants = (sent.get(index) ?? []).map(([, variant]) => variant);
      onAnswer(each, { userId: each.userId, ranks: [rank], variants, watchers }, owner);
    }
    return true;
  }

  /** The user has another owner: all watchers of this server are named to it, those of users that moved together at once. */
  moved(watched: WatchedUser, owner: Incarnation): void {
    watched.owner = owner;
    watched.registered = false;
    const waiting = this.#moved.get(owner.serverId);
    if (waiting) {
      waiting.add(watched);
      return;
    }
    this.#moved.set(owner.serverId, new Set([watched]));
    // Spread over the watching servers, because all of them hear of it at the same time.
    this.#options.clock.after(Math.random() * longestJitterMs, () => {
      const all = [...(this.#moved.get(owner.serverId) ?? [])];
      this.#moved.delete(owner.serverId);
      for (const page of pages(all, pageUsers)) {
        void this.#ask(owner, { users: page.filter((each) => isAt(each, owner)).map((each) => complete(each)) });
      }
    });
  }

  /** Names everything watched at this owner (in these buckets) completely, so that both sides have the same again. */
  async registerAll(owner: Incarnation, buckets?: readonly number[]): Promise<void> {
    const { book } = this.#options;
    const byBucket = new Map<number, WatchedUser[]>();
    for (const bucket of buckets ?? Array.from({ length: bucketCount }, (_, index) => index)) byBucket.set(bucket, []);
    for (const watched of book.all()) if (isAt(watched, owner)) byBucket.get(bucketOf(watched.userId))?.push(watched);
    let page: { buckets: number[]; users: Registration[] } = { buckets: [], users: [] };
    const pagesOut = [page];
    for (const [bucket, users] of byBucket) {
      if (page.users.length > 0 && page.users.length + users.length > pageUsers) {
        page = { buckets: [], users: [] };
        pagesOut.push(page);
      }
      page.buckets.push(bucket);
      page.users.push(...users.map((each) => complete(each)));
    }
    for (const each of pagesOut) if (!(await this.#ask(owner, each))) return;
  }

  /** The owner may forget these watchers. */
  release(released: readonly { readonly watched: WatchedUser; readonly gone: readonly UserId[] }[]): void {
    const byServer = new Map<ServerId, { userId: UserId; watchers: UserId[] }[]>();
    for (const { watched, gone } of released) {
      if (!watched.owner) continue;
      const users = byServer.get(watched.owner.serverId) ?? [];
      users.push({ userId: watched.userId, watchers: [...gone] });
      byServer.set(watched.owner.serverId, users);
    }
    for (const [serverId, users] of byServer) {
      for (const page of pages(users, pageUsers)) this.#options.mesh.send(serverId, presenceRelease, { users: page });
    }
  }

  /** Compares with all owners in reach what is watched there, and repairs what differs. */
  async compareAll(owners: readonly Incarnation[]): Promise<void> {
    const { book, mesh, logger, onDifference } = this.#options;
    const digests = new Map<IncarnationId, PresenceDigest>(owners.map((owner) => [incarnationId(owner), new PresenceDigest()]));
    for (const watched of book.all()) {
      const digest = watched.owner && digests.get(incarnationId(watched.owner));
      if (!digest) continue;
      for (const rank of watched.ranksInUse()) digest.add(watched.userId, rank, toldVersion(watched, rank));
    }
    const compare = async (owner: Incarnation) => {
      const digest = digests.get(incarnationId(owner));
      if (!digest) return;
      const { count, hash } = digest;
      const { buckets } = await mesh.request(owner.serverId, presenceDigest, { count, hash }, { deadlineMs });
      const differing = buckets ? digest.differingFrom(buckets) : [];
      if (differing.length === 0) return;
      onDifference(differing.length);
      await this.registerAll(owner, differing);
    };
    const compared = await Promise.allSettled(owners.map(compare));
    for (const each of compared)
      if (each.status === 'rejected') logger.debug('Watched users were not compared', { error: each.reason });
  }

  async #ask(owner: Incarnation, params: ParamsOf<typeof presenceRegister>): Promise<boolean> {
    const { mesh, book, onAnswer } = this.#options;
    if (params.users.length === 0 && !params.buckets) return true;
    const answered = await this.#tried(owner, params.users.length, () =>
      mesh.request(owner.serverId, presenceRegister, params, { deadlineMs }),
    );
    if (!answered) return false;
    const asked = new Map(params.users.map(({ userId, watchers }) => [userId, watchers]));
    for (const answer of answered.users) {
      const watched = book.get(answer.userId);
      const watchers = asked.get(answer.userId);
      if (watched && watchers && isAt(watched, owner)) onAnswer(watched, { ...answer, watchers }, owner);
    }
    return true;
  }

  /** @returns `undefined` when the owner could not be asked. */
  async #tried<T>(owner: Incarnation, users: number, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      this.#options.logger.debug('Registration with an owner failed', { owner: incarnationId(owner), code: error.code, users });
      return undefined;
    }
  }
}

/** What this incarnation has told us of a user, as {@link presenceAddWatcher} names it. */
function toldBy(owner: Incarnation, watched: WatchedUser, index: number): ParamsOf<typeof presenceAddWatcher>['have'] {
  const have: ParamsOf<typeof presenceAddWatcher>['have'] = [];
  for (const rank of watched.ranksInUse()) {
    const [term, serverId, life, number] = toldVersion(watched, rank) ?? [];
    if (serverId === owner.serverId && life === owner.life && term !== undefined && number !== undefined)
      have.push([index, rank, term, number]);
  }
  return have;
}

function complete(watched: WatchedUser): Registration {
  return { userId: watched.userId, watchers: watched.watchers(), have: haveOf(watched) };
}

function haveOf(watched: WatchedUser): Registration['have'] {
  return watched.ranksInUse().flatMap((rank) => {
    const version = toldVersion(watched, rank);
    return version ? [[rank, version] as Registration['have'][number]] : [];
  });
}

/** The version of what an owner said. What was worked out here may bear the same one and yet say something else. */
function toldVersion(watched: WatchedUser, rank: number): PresenceVersion | undefined {
  const variant = watched.variant(rank);
  return variant?.unowned ? undefined : variant?.version;
}

function isAt({ owner }: WatchedUser, { serverId, life }: Incarnation): boolean {
  return owner?.serverId === serverId && owner.life === life;
}

function* pages<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
