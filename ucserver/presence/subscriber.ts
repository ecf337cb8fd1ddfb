import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { Incarnation, ServerId } from '#shared/ids.ts';
import { presenceChanged, presenceLevels } from '#shared/mesh/contracts/presence.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type OwnerChange, type Ownership, sameIncarnation } from '#ucserver/ownership/index.ts';
import type { Permissions } from '#ucserver/permissions/index.ts';
import type { SignIn } from '#ucserver/sign-in/index.ts';
import type { PresenceConfig } from './config.ts';
import type { Registrar } from './registrar.ts';
import type { UnownedUsers } from './unowned.ts';
import type { WatchBook } from './watch-book.ts';
import type { WatchedUser } from './watched-user.ts';
import { received, type Watching } from './watching.ts';

export interface SubscriberOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly permissions: Permissions;
  readonly clock: Clock;
  readonly config: PresenceConfig;
  readonly book: WatchBook;
  readonly watching: Watching;
  readonly registrar: Registrar;
  readonly unowned: UnownedUsers;
  readonly signIn: Pick<SignIn, 'onGone'>;
}

const tickMs = 1_000;
const releasedMs = 3_000;

/** Whether what this incarnation said last still holds: the bus is up and it is heard. */
export function isHeard(cluster: Cluster, owner: Incarnation): boolean {
  const member = cluster.members.get(owner.serverId);
  return cluster.mesh.state === 'up' && member?.incarnation.life === owner.life && !member.suspected;
}

/**
 * Hears what owners tell, and when they change, fall silent or die, and sees to it that what is watched here is right again, or
 * marked stale until then. It never makes anybody offline because a server was silent.
 */
export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #stops: (() => void)[] = [];
  readonly #suspected = new Set<ServerId>();

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  start(): void {
    const { cluster, ownership, permissions, clock, config, book, watching, signIn } = this.#options;
    const { mesh, members } = cluster;
    const tick = clock.every(tickMs, () => this.#tick());
    const compare = clock.every(config.digestMs, () => void this.#compare());
    this.#stops.push(
      mesh.on(presenceChanged, ({ userId, variants }) => {
        // Also of a user whom nobody owns: a release may arrive before the last change.
        if (!ownership.owns(userId)) book.get(userId)?.update(received(variants));
      }),
      mesh.on(presenceLevels, ({ userId, levels, variants }) => {
        const watched = book.get(userId);
        if (!watched?.owner) return;
        watching.levelsChanged(watched, levels);
        watched.update(received(variants));
      }),
      mesh.onState((state) => {
        if (state === 'down') this.#markStale(({ owner }) => owner !== undefined);
      }),
      mesh.onSynced((peer) => void this.#options.registrar.registerAll(peer)),
      members.onChanged((member) => this.#memberChanged(member.incarnation, member.suspected)),
      members.onLost((incarnation) => this.#died(incarnation)),
      signIn.onGone((userIds, sinceMs) => {
        for (const userId of userIds) this.#gone(book.get(userId), sinceMs);
      }),
      cluster.onRebirth(() => {
        for (const peer of mesh.peers()) void this.#options.registrar.registerAll(peer);
      }),
      ownership.onChange((change) => this.#ownerChanged(change)),
      permissions.onLevelsChanged((presentity) => {
        const watched = presentity === undefined ? undefined : book.get(presentity);
        for (const each of presentity === undefined ? book.all() : watched ? [watched] : []) watching.reconsider(each);
      }),
      () => tick.stop(),
      () => compare.stop(),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #ownerChanged({ userId, owner, previous }: OwnerChange): void {
    const { book, clock, cluster, ownership, registrar, unowned, watching } = this.#options;
    const watched = book.get(userId);
    // Of a user taken here the owner's side tells, once everything about them is loaded.
    if (!watched || ownership.owns(userId)) return;
    if (owner) {
      unowned.unfollow(userId);
      registrar.moved(watched, owner.incarnation);
    } else if (
      previous &&
      !sameIncarnation(previous.incarnation, ownership.self) &&
      !cluster.members.isLive(previous.incarnation)
    ) {
      watched.owner = previous.incarnation;
      this.#died(previous.incarnation);
    } else {
      watching.tellUnowned(watched, false);
      // What the owner said last, and what it stored, are on their way; should neither come, this server knows no better.
      clock.after(releasedMs, () => {
        if (!watched.owner && !ownership.ownerOf(userId) && watched.looksPresent()) watching.tellUnowned(watched, true);
      });
    }
  }

  #memberChanged(incarnation: Incarnation, suspected: boolean): void {
    const { serverId } = incarnation;
    if (suspected === this.#suspected.has(serverId)) return;
    if (suspected) {
      this.#suspected.add(serverId);
      this.#markStale(({ owner }) => sameIncarnation(owner, incarnation));
    } else {
      this.#suspected.delete(serverId);
      void this.#options.registrar.registerAll(incarnation);
    }
  }

  #died(incarnation: Incarnation): void {
    const { clock, book } = this.#options;
    this.#suspected.delete(incarnation.serverId);
    const goneAtMs = clock.wallMs();
    for (const watched of book.all()) {
      if (!sameIncarnation(watched.owner, incarnation)) continue;
      watched.goneAtMs ??= goneAtMs;
      watched.update([], true);
    }
  }

  /** Who has not come back is offline as of the death of their server. */
  #gone(watched: WatchedUser | undefined, sinceMs: number): void {
    const { ownership, watching } = this.#options;
    if (!watched || ownership.ownerOf(watched.userId)) return;
    // Worked out from how long the server was silent, so it may be a fraction.
    watched.goneAtMs = Math.floor(sinceMs);
    watching.tellUnowned(watched, true);
  }

  #markStale(which: (watched: WatchedUser) => boolean): void {
    for (const watched of this.#options.book.all()) if (which(watched)) watched.update([], true);
  }

  #tick(): void {
    const { book, clock, config, cluster, registrar } = this.#options;
    registrar.release(book.sweep(clock.monotonicMs() - config.lingerMs));
    for (const watched of book.all()) {
      const { owner, registered } = watched;
      if (owner && !registered && isHeard(cluster, owner)) registrar.moved(watched, owner);
    }
  }

  async #compare(): Promise<void> {
    const { cluster, registrar } = this.#options;
    const heard = cluster.mesh.peers().filter((peer) => isHeard(cluster, peer));
    if (heard.length > 0) await registrar.compareAll(heard);
  }
}
