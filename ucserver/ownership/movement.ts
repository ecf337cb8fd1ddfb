import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, incarnationId, type UserId } from '#shared/ids.ts';
import { askHandOver, deliverHandOver, type OwnerChangeRecord, offerUsers } from '#shared/mesh/contracts/ownership.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { notOwner } from './acts.ts';
import type { OwnershipConfig } from './config.ts';
import { inGroups } from './hand-over.ts';
import { sameIncarnation } from './incarnation.ts';
import type { Ownings } from './service.ts';

export interface MovementOptions {
  readonly cluster: Cluster;
  readonly ownings: Ownings;
  readonly config: OwnershipConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Moves users between living owners: on offer (draining, going home) or on request (a client cannot reach its owner). */
export class Movement {
  readonly #cluster: Cluster;
  readonly #ownings: Ownings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #askEveryMs: number;
  /** When (monotonic ms) a user was asked for or handed over on request last. */
  readonly #asked = new Map<UserId, number>();
  #accepts: () => boolean = () => true;

  constructor({ cluster, ownings, config, clock, logger }: MovementOptions) {
    this.#cluster = cluster;
    this.#ownings = ownings;
    this.#clock = clock;
    this.#logger = logger;
    this.#askEveryMs = config.askEveryMs;
  }

  start(): Unsubscribe {
    const { mesh } = this.#cluster;
    const stops = [
      mesh.handle(askHandOver, ({ userId, term }) => this.#handOver(userId, term)),
      mesh.handle(offerUsers, ({ users }, { from }) => this.#acceptOffer(users, from)),
      mesh.handle(deliverHandOver, ({ users }) => this.#acceptDelivery(users)),
    ];
    return () => stops.forEach((stop) => void stop());
  }

  acceptOffers(decide: () => boolean): void {
    this.#accepts = decide;
  }

  async offer(userIds: readonly UserId[], to: Incarnation): Promise<readonly UserId[]> {
    const { parts } = this.#ownings;
    const offered = userIds.flatMap((userId) => {
      const term = this.#ownings.termOf(userId);
      return term === undefined ? [] : [{ userId, term, handOver: parts.export(userId) }];
    });
    const taken: UserId[] = [];
    for (const users of inGroups(offered)) {
      try {
        const answer = await this.#cluster.mesh.request(to.serverId, offerUsers, { users });
        for (const change of answer.taken) {
          this.#ownings.receive(change);
          if (!this.#ownings.owns(change.userId)) taken.push(change.userId);
        }
      } catch (error) {
        this.#logger.warn('Users could not be handed over', { to: incarnationId(to), users: users.length, error });
        break;
      }
    }
    return taken;
  }

  async ask(userId: UserId): Promise<boolean> {
    const owner = this.#ownings.ownerOf(userId);
    if (!owner || sameIncarnation(owner.incarnation, this.#cluster.self) || this.#wasAsked(userId)) return false;
    this.#asked.set(userId, this.#clock.monotonicMs());
    try {
      const { handOver } = await this.#cluster.mesh.request(owner.incarnation.serverId, askHandOver, {
        userId,
        term: owner.term,
      });
      return (await this.#ownings.take(userId, owner.incarnation, handOver)) === 'taken';
    } catch (error) {
      this.#logger.info('The owner did not hand the user over', { userId, owner: incarnationId(owner.incarnation), error });
      return false;
    }
  }

  /** Forgets what is too old to matter. */
  sweep(): void {
    for (const userId of this.#asked.keys()) if (!this.#wasAsked(userId)) this.#asked.delete(userId);
  }

  #wasAsked(userId: UserId): boolean {
    const atMs = this.#asked.get(userId);
    return atMs !== undefined && this.#clock.monotonicMs() - atMs < this.#askEveryMs;
  }

  /** The asker takes the user with the next term; this server goes on until it learns that. */
  #handOver(userId: UserId, term: number): { handOver: Readonly<Record<string, unknown>> } {
    if (this.#ownings.termOf(userId) !== term) throw notOwner(this.#ownings.ownerOf(userId));
    if (this.#wasAsked(userId)) throw new UCError('RATE_LIMITED', undefined, { retryAfterMs: this.#askEveryMs });
    this.#asked.set(userId, this.#clock.monotonicMs());
    return { handOver: this.#ownings.parts.export(userId) };
  }

  async #acceptOffer(
    users: readonly { userId: UserId; term: number; handOver: Readonly<Record<string, unknown>> }[],
    from: Incarnation,
  ): Promise<{ taken: OwnerChangeRecord[] }> {
    if (!this.#accepts()) return { taken: [] };
    const taken = await Promise.all(
      users.map(async ({ userId, term, handOver }) => {
        // The offer may have overtaken the news that the sender is owner.
        this.#ownings.receive({ userId, term, owner: incarnationId(from), owned: true });
        const outcome = await this.#ownings.take(userId, from, handOver);
        return outcome === 'taken' ? this.#whereIs(userId) : [];
      }),
    );
    return { taken: taken.flat() };
  }

  #acceptDelivery(users: readonly { userId: UserId; handOver: Readonly<Record<string, unknown>> }[]): {
    elsewhere: OwnerChangeRecord[];
  } {
    const elsewhere: OwnerChangeRecord[] = [];
    for (const { userId, handOver } of users) {
      if (this.#ownings.owns(userId)) this.#ownings.parts.import(userId, handOver);
      else elsewhere.push(...this.#whereIs(userId));
    }
    return { elsewhere };
  }

  #whereIs(userId: UserId): OwnerChangeRecord[] {
    const owner = this.#ownings.ownerOf(userId);
    return owner ? [{ userId, term: owner.term, owner: incarnationId(owner.incarnation), owned: true }] : [];
  }
}
