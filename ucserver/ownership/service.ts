import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, incarnationId, parseIncarnation, type UserId } from '#shared/ids.ts';
import { type HandOver, type OwnerChangeRecord, ownerChanges } from '#shared/mesh/contracts/ownership.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { notOwner } from './acts.ts';
import { type Claim, Claims } from './claim.ts';
import { HandOverDelivery, HandOverParts } from './hand-over.ts';
import { sameIncarnation } from './incarnation.ts';
import { Listeners } from './listeners.ts';
import { type Applied, OwnerMap } from './owner-map.ts';
import type { Owner, OwnerChange } from './port.ts';
import type { OwnerStore } from './store.ts';

/** What this server owns, and how many changes it has numbered. */
interface Owning {
  readonly term: number;
  readonly incarnation: Incarnation;
  seq: number;
}

const mostTries = 5;
const beforeReleaseMs = 2_000;

export interface OwningsOptions {
  readonly cluster: Cluster;
  readonly store: OwnerStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Takes and gives up users, and settles who owns whom: the holder of the sessions is the truth, Redis an index of it, and of two
 * holders the one with the higher version wins on every server.
 */
export class Ownings {
  readonly map = new OwnerMap();
  readonly parts: HandOverParts;
  readonly changes: Listeners<[OwnerChange]>;
  readonly taken: Listeners<[UserId, HandOver | undefined, Incarnation | undefined]>;
  readonly lost: Listeners<[UserId, Incarnation | undefined]>;
  readonly died: Listeners<[readonly UserId[], Incarnation]>;
  /** Taken without Redis having said so, or to be written again. */
  readonly unsettled = new Set<UserId>();
  /** Released while Redis was away: the record that may still stand there. */
  readonly unreleased = new Map<UserId, Owner>();
  readonly #cluster: Cluster;
  readonly #store: OwnerStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #delivery: HandOverDelivery;
  readonly #claims: Claims;
  readonly #mine = new Map<UserId, Owning>();
  readonly #taking = new Map<UserId, Promise<'taken' | { ownedBy: Incarnation }>>();
  readonly #retaking = new Set<UserId>();
  readonly #releasing = new Map<UserId, Promise<void>>();
  readonly #beforeRelease = new Set<(userId: UserId) => void | Promise<void>>();

  constructor({ cluster, store, clock, logger }: OwningsOptions) {
    this.#cluster = cluster;
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.parts = new HandOverParts(logger);
    this.changes = new Listeners('owner changed', logger);
    this.taken = new Listeners('user taken', logger);
    this.lost = new Listeners('user lost', logger);
    this.died = new Listeners('owner died', logger);
    this.#claims = new Claims({ cluster, store, map: this.map, clock, logger, onFound: (change) => void this.receive(change) });
    this.#delivery = new HandOverDelivery({
      ...{ mesh: cluster.mesh, clock, logger, isLive: (incarnation) => cluster.members.isLive(incarnation) },
      onElsewhere: (changes) => changes.forEach((change) => void this.receive(change)),
      ownerOf: (userId) => this.ownerOf(userId)?.incarnation,
    });
  }

  get self(): Incarnation {
    return this.#cluster.self;
  }

  ownerOf(userId: UserId): Owner | undefined {
    const mine = this.#mine.get(userId);
    if (mine) return { incarnation: mine.incarnation, term: mine.term };
    const owner = this.map.ownerOf(userId);
    return owner && this.#cluster.members.isLive(owner.incarnation) ? owner : undefined;
  }

  owns(userId: UserId): boolean {
    return this.#mine.has(userId);
  }

  termOf(userId: UserId): number | undefined {
    return this.#mine.get(userId)?.term;
  }

  owned(): Iterable<UserId> {
    return this.#mine.keys();
  }

  nextVersion(userId: UserId): PresenceVersion {
    const mine = this.#mine.get(userId);
    if (!mine) throw notOwner(this.ownerOf(userId));
    return [mine.term, mine.incarnation.serverId, mine.incarnation.life, ++mine.seq];
  }

  /** Resolves when a release that has begun is done. */
  async settled(userId: UserId): Promise<void> {
    await this.#releasing.get(userId);
  }

  beforeRelease(listener: (userId: UserId) => void | Promise<void>): () => void {
    this.#beforeRelease.add(listener);
    return () => void this.#beforeRelease.delete(listener);
  }

  /** See {@link Ownership.take}; `handOver` is what the owner before has given. */
  async take(userId: UserId, saw?: Incarnation, handOver?: HandOver): Promise<'taken' | { ownedBy: Incarnation }> {
    if (this.owns(userId) && !this.#releasing.has(userId)) return 'taken';
    const underWay = this.#taking.get(userId);
    if (underWay) {
      const outcome = await underWay;
      if (outcome === 'taken' && handOver) this.parts.import(userId, handOver);
      return outcome;
    }
    const taking = this.#take(userId, saw, handOver).finally(() => this.#taking.delete(userId));
    this.#taking.set(userId, taking);
    return taking;
  }

  /** Takes a user anew who is held here already: the version they were held under is worth nothing any more. */
  async retake(userId: UserId): Promise<void> {
    const before = this.#mine.get(userId);
    if (!before || this.#retaking.has(userId)) return;
    this.#retaking.add(userId);
    try {
      for (let attempt = 1; attempt <= mostTries; attempt++) {
        const claimed = await this.#claims.claim(userId, before.incarnation);
        if (this.#mine.get(userId) !== before) return;
        const rival = 'ownedBy' in claimed ? (this.map.ownerOf(userId) ?? { incarnation: claimed.ownedBy, term: 0 }) : undefined;
        if (rival) return this.#lose(userId, rival);
        if (!('ownedBy' in claimed) && this.#gain(userId, claimed, undefined, undefined)) return;
      }
      this.unsettled.add(userId);
    } finally {
      this.#retaking.delete(userId);
    }
  }

  async release(userId: UserId): Promise<void> {
    if (!this.owns(userId)) return;
    const releasing = this.#releasing.get(userId) ?? this.#release(userId).finally(() => this.#releasing.delete(userId));
    this.#releasing.set(userId, releasing);
    await releasing;
  }

  /** What another server says about an owner. @returns whether it was news. */
  receive(change: OwnerChangeRecord): boolean {
    // Only this server knows what it owns; what others remember of it may be old.
    if (change.owner === incarnationId(this.self)) return false;
    const isDead = change.owned && this.#cluster.members.isBuried(parseIncarnation(change.owner));
    const applied = this.map.apply(isDead ? { ...change, owned: false } : change);
    if (applied) this.#changed(applied);
    return applied !== undefined;
  }

  /** Another server answered that this incarnation owns the user. */
  learn(userId: UserId, incarnation: Incarnation, term: number): void {
    this.receive({ userId, term, owner: incarnationId(incarnation), owned: true });
  }

  /** An incarnation is dead, or does not name these users any more: nobody owns them. */
  drop(owner: Incarnation, only?: Iterable<UserId>): UserId[] {
    const dropped = this.map.drop(owner, only);
    for (const applied of dropped) this.#changed(applied);
    return dropped.map(({ userId }) => userId);
  }

  async #take(
    userId: UserId,
    saw: Incarnation | undefined,
    handOver: HandOver | undefined,
  ): Promise<'taken' | { ownedBy: Incarnation }> {
    await this.settled(userId);
    const before = this.map.known(userId)?.owner;
    for (let attempt = 1; attempt <= mostTries; attempt++) {
      if (this.owns(userId)) return 'taken';
      const owner = this.ownerOf(userId)?.incarnation;
      if (owner && !sameIncarnation(owner, saw)) return { ownedBy: owner };
      const claimed = await this.#claims.claim(userId, saw);
      if ('ownedBy' in claimed) return claimed;
      if (this.#gain(userId, claimed, handOver, before)) return 'taken';
    }
    throw new UCError('BUSY', undefined, { retryAfterMs: 500 });
  }

  /** @returns false when something newer is known meanwhile. */
  #gain(userId: UserId, claimed: Claim, handOver: HandOver | undefined, before: Incarnation | undefined): boolean {
    const { term, self, settled } = claimed;
    if (!sameIncarnation(self, this.self)) return false;
    const change: OwnerChangeRecord = { userId, term, owner: incarnationId(self), owned: true };
    const applied = this.map.apply(change);
    if (!applied) return false;
    this.#mine.set(userId, { term, incarnation: self, seq: 0 });
    if (!settled) this.unsettled.add(userId);
    this.unreleased.delete(userId);
    this.#cluster.mesh.broadcast(ownerChanges, { changes: [change] });
    this.changes.call(applied);
    if (handOver) this.parts.import(userId, handOver);
    this.taken.call(userId, handOver, before);
    return true;
  }

  #changed(applied: Applied): void {
    const { userId, owner } = applied;
    if (this.#mine.has(userId)) {
      if (owner) this.#lose(userId, owner);
      // Another server owned the user under a higher version and gave them up: the sessions here make us owner again.
      else
        void this.retake(userId).catch((error: unknown) => this.#logger.error('A user could not be retaken', { userId, error }));
    }
    this.changes.call(applied);
  }

  #lose(userId: UserId, to: Owner | undefined): void {
    const handOver = this.parts.export(userId);
    this.#forget(userId);
    this.#logger.info('A user has moved', { userId, to: to && incarnationId(to.incarnation) });
    this.lost.call(userId, to?.incarnation);
    if (to) this.#delivery.add({ userId, handOver }, to.incarnation);
  }

  #forget(userId: UserId): void {
    this.#mine.delete(userId);
    this.unsettled.delete(userId);
  }

  async #release(userId: UserId): Promise<void> {
    await Promise.race([
      Promise.allSettled([...this.#beforeRelease].map(async (listener) => listener(userId))),
      new Promise<void>((resolve) => void this.#clock.after(beforeReleaseMs, resolve)),
    ]);
    const mine = this.#mine.get(userId);
    if (!mine) return;
    const stored = { userId, term: mine.term, owner: mine.incarnation };
    await this.#store.release([stored]).catch((error: unknown) => {
      if (!(error instanceof RedisUnavailable)) this.#logger.error('A release was not written', { userId, error });
      this.unreleased.set(userId, mine);
    });
    if (this.#mine.get(userId) !== mine) return;
    this.#forget(userId);
    const change: OwnerChangeRecord = { userId, term: mine.term, owner: incarnationId(mine.incarnation), owned: false };
    const applied = this.map.apply(change);
    this.#cluster.mesh.broadcast(ownerChanges, { changes: [change] });
    this.lost.call(userId, undefined);
    if (applied) this.changes.call(applied);
  }
}
