import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, type IncarnationId, incarnationId, type SessionId } from '#shared/ids.ts';
import { type AttachedItem, attachedItemSchema, sessionClosed, sessionDetached } from '#shared/mesh/contracts/session.ts';
import type { ResyncPage, ResyncSection } from '#shared/mesh/mesh-port.ts';
import type { AttachedConnections } from './attached-connections.ts';
import type { RemoteSessions } from './remote-sessions.ts';

interface Reading {
  /** Connections here whose sessions the peer should name as owner. */
  readonly connections: Set<SessionId>;
  /** Sessions here whose connections the peer should name. */
  readonly sessions: Set<SessionId>;
}

/**
 * After anything may have been lost between two servers, both say which attached sessions they have in common and how many
 * events went over. What does not fit is opened anew by its client, so that nothing is missing unnoticed.
 */
export class AttachedSection implements ResyncSection<AttachedItem> {
  readonly name = 'attached';
  readonly item = attachedItemSchema;
  readonly #cluster: Cluster;
  readonly #connections: AttachedConnections;
  readonly #sessions: RemoteSessions;
  readonly #readings = new Map<IncarnationId, Reading>();

  constructor(cluster: Cluster, connections: AttachedConnections, sessions: RemoteSessions) {
    this.#cluster = cluster;
    this.#connections = connections;
    this.#sessions = sessions;
  }

  page(asker: Incarnation, after: string | undefined, limit: number): ResyncPage<AttachedItem> {
    const all = [...this.#sessions.itemsVia(asker), ...this.#connections.itemsOf(asker)];
    const items = all
      .filter((item) => after === undefined || keyOf(item) > after)
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
      .slice(0, limit);
    const last = items.at(-1);
    return { items, next: items.length === limit && last ? keyOf(last) : undefined };
  }

  begin(peer: Incarnation): void {
    const connections = new Set(this.#connections.idsOf(peer));
    this.#readings.set(incarnationId(peer), { connections, sessions: new Set(this.#sessions.idsVia(peer)) });
  }

  apply(items: readonly AttachedItem[], peer: Incarnation): void {
    const reading = this.#readings.get(incarnationId(peer));
    for (const { sessionId, side, events } of items) {
      if (side === 'owner') {
        reading?.connections.delete(sessionId);
        const arrived = this.#connections.eventsOf(sessionId);
        if (!this.#connections.has(sessionId, peer)) this.#cluster.mesh.send(peer.serverId, sessionDetached, { sessionId });
        else if (arrived !== undefined && arrived < events) this.#connections.sendBack(sessionId);
      } else {
        reading?.sessions.delete(sessionId);
        if (!this.#sessions.isVia(sessionId, peer))
          this.#cluster.mesh.send(peer.serverId, sessionClosed, { sessionId, reason: 'goingAway' });
      }
    }
  }

  end(peer: Incarnation): void {
    const reading = this.#readings.get(incarnationId(peer));
    this.#readings.delete(incarnationId(peer));
    for (const sessionId of reading?.connections ?? []) this.#connections.sendBack(sessionId);
    for (const sessionId of reading?.sessions ?? []) this.#sessions.detached(sessionId, peer);
  }
}

function keyOf({ sessionId, side }: AttachedItem): string {
  return `${side} ${sessionId}`;
}
