import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { Incarnation, ServerId, UserId } from '#shared/ids.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { Redirection, RedirectReason } from './redirection.ts';

export interface DepartureOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly redirection: Redirection;
  readonly onMoved: (reason: RedirectReason) => void;
}

/** Sends the clients of a user after the user: whenever this server has lost a user to another one, for whatever reason. */
export class Departure {
  readonly #options: DepartureOptions;
  readonly #reasons = new Map<UserId, RedirectReason>();

  constructor(options: DepartureOptions) {
    this.#options = options;
  }

  start(): Unsubscribe {
    return this.#options.ownership.onLost((userId, to) => this.#lost(userId, to));
  }

  /** Hands users over; their clients are told `reason`. @returns those that have gone. */
  async move(userIds: readonly UserId[], to: Incarnation, reason: RedirectReason): Promise<readonly UserId[]> {
    for (const userId of userIds) this.#reasons.set(userId, reason);
    try {
      return await this.#options.ownership.offer(userIds, to);
    } finally {
      for (const userId of userIds) this.#reasons.delete(userId);
    }
  }

  /** {@link move} to several servers at once. @returns who has gone, and which servers took nobody. */
  async moveAll(
    byTarget: ReadonlyMap<ServerId, readonly UserId[]>,
    reason: RedirectReason,
  ): Promise<{ gone: Set<UserId>; failed: Set<ServerId> }> {
    const gone = new Set<UserId>();
    const failed = new Set<ServerId>();
    const moves = [...byTarget].map(async ([server, userIds]) => {
      const target = this.#options.cluster.members.get(server)?.incarnation;
      const moved = target ? await this.move(userIds, target, reason) : [];
      for (const userId of moved) gone.add(userId);
      if (moved.length === 0) failed.add(server);
    });
    await Promise.all(moves);
    return { gone, failed };
  }

  #lost(userId: UserId, to: Incarnation | undefined): void {
    const { sessions, redirection, cluster, onMoved } = this.#options;
    const reason = this.#reasons.get(userId) ?? 'moved';
    if (to) onMoved(reason);
    for (const session of sessions.ofUser(userId)) {
      // A client whose connection is on another server goes on there; that server serves it or sends it on.
      const target = session.via && cluster.members.isLive(session.via) ? session.via.serverId : to?.serverId;
      const event = target === undefined ? undefined : redirection.event(userId, target, reason);
      session.end(event ? 'redirected' : 'goingAway', event);
    }
  }
}
