import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { ServerId, UserId } from '#shared/ids.ts';
import type { ServerAddress } from '#shared/protocol/session.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Fragment, fragment, type SessionLink } from '#ucserver/gateway/index.ts';
import type { SignInLoad } from './port.ts';
import type { RecentRedirects } from './recent-redirects.ts';
import type { Place } from './server-selector.ts';
import type { Tickets } from './tickets.ts';

export type RedirectReason = 'draining' | 'goingHome' | 'moved';

export interface RedirectionOptions {
  readonly cluster: Cluster;
  readonly tickets: Tickets;
  readonly redirects: RecentRedirects;
  readonly clock: Clock;
  readonly ownLoad: () => SignInLoad;
}

/** Where clients can be sent, and the words in which they are told. */
export class Redirection {
  readonly #options: RedirectionOptions;

  constructor(options: RedirectionOptions) {
    this.#options = options;
  }

  /** The living servers as places for users; our own load is the present one, not that of our last heartbeat. */
  places(): Place[] {
    const { cluster, ownLoad } = this.#options;
    const self = cluster.self.serverId;
    const busDown = cluster.mesh.state === 'down';
    const others = cluster.members.all().filter(({ serverId }) => serverId !== self);
    return [
      { id: self, ...ownLoad(), suspected: busDown },
      ...others.map(({ serverId, users, fill, full, draining, suspected }) => ({
        ...{ id: serverId, users, fill, full, draining, suspected: suspected || busDown },
      })),
    ];
  }

  sentLately(server: ServerId): number {
    return this.#options.redirects.count(server, this.#options.clock.monotonicMs());
  }

  servers(): ServerAddress[] {
    return this.#options.cluster.members.all().map(({ serverId, url }) => ({ id: serverId, url }));
  }

  /** An address with a ticket, or `undefined` when the server is not there any more. Counts as load of the target. */
  to(userId: UserId, target: ServerId, hop: number): { serverId: ServerId; url: string; ticket: string } | undefined {
    const { cluster, tickets, redirects, clock } = this.#options;
    const member = cluster.members.get(target);
    if (!member) return undefined;
    if (target !== cluster.self.serverId) redirects.add(target, clock.monotonicMs());
    return { serverId: target, url: member.url, ticket: tickets.write(userId, target, hop) };
  }

  /** The event that sends an open session to another server. */
  event(userId: UserId, target: ServerId, reason: RedirectReason): Fragment | undefined {
    const address = this.to(userId, target, 1);
    return address && fragment('session.redirect', { ...address, reason });
  }

  /** Lets a client open its session anew, on this server. */
  sendBack(userId: UserId, link: SessionLink): void {
    const event = this.event(userId, this.#options.cluster.self.serverId, 'moved');
    if (event) link.push(event);
    link.close('redirected');
  }
}
