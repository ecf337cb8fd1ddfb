import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, incarnationId, type SessionId, type UserId } from '#shared/ids.ts';
import {
  type AttachedItem,
  attachSession,
  relayRequest,
  type SessionRecord,
  sessionClosed,
  sessionDetached,
  sessionPushes,
} from '#shared/mesh/contracts/session.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Answer, Request } from '#shared/protocol/envelope.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { ClientLink, Fragment, RequestTarget } from '#ucserver/gateway/index.ts';
import { sameIncarnation } from '#ucserver/ownership/index.ts';

/** A request may take as long as it takes at the owner; after this, its outcome is unknown to the client. */
const relayDeadlineMs = 5_000;

/** A connection of this server whose session is at the owner of its user. */
class AttachedConnection implements RequestTarget {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly owner: Incarnation;
  readonly link: ClientLink;
  /** Events that have arrived from the owner. */
  events = 0;
  isOpen = false;
  readonly #home: AttachedConnections;

  constructor(session: SessionRecord, owner: Incarnation, link: ClientLink, home: AttachedConnections) {
    this.id = session.id;
    this.userId = session.userId;
    this.owner = owner;
    this.link = link;
    this.#home = home;
  }

  request(request: Request, correlationId: string): Promise<Answer> {
    return this.#home.relay(this, request, correlationId);
  }

  closed(): void {
    this.#home.gone(this);
  }
}

export interface AttachedConnectionsOptions {
  readonly cluster: Cluster;
  /** Tells this client to open its session anew, here; its state at the owner is lost or out of step. */
  readonly sendBack: (userId: UserId, link: ClientLink) => void;
}

/** The connections of this server that are served for other owners: requests go there, events come from there. */
export class AttachedConnections {
  readonly #options: AttachedConnectionsOptions;
  readonly #byId = new Map<SessionId, AttachedConnection>();

  constructor(options: AttachedConnectionsOptions) {
    this.#options = options;
  }

  start(): Unsubscribe {
    const { mesh, members } = this.#options.cluster;
    const stops = [
      mesh.on(sessionPushes, ({ pushes }, from) => {
        for (const { sessionId, after, events } of pushes) this.#pushed(sessionId, from, after, events);
      }),
      mesh.on(sessionClosed, ({ sessionId, reason }, from) => {
        if (!this.#servedBy(sessionId, from)) return;
        const { link } = this.#forget(sessionId) ?? {};
        // An answer that came in the same envelope goes out first.
        setImmediate(() => link?.close(reason));
      }),
      members.onLost((lost) => {
        for (const sessionId of this.idsOf(lost)) this.sendBack(sessionId);
      }),
    ];
    return () => stops.forEach((stop) => void stop());
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): Iterable<{ readonly userId: UserId; readonly link: ClientLink }> {
    return this.#byId.values();
  }

  idsOf(owner: Incarnation): SessionId[] {
    return [...this.#byId.values()].filter((each) => each.isOpen && sameIncarnation(each.owner, owner)).map(({ id }) => id);
  }

  /** Whether this server holds a connection whose session is at that owner. */
  has(sessionId: SessionId, owner: Incarnation): boolean {
    return this.#servedBy(sessionId, owner) !== undefined;
  }

  eventsOf(sessionId: SessionId): number | undefined {
    const attached = this.#byId.get(sessionId);
    return attached?.isOpen ? attached.events : undefined;
  }

  /** What the owner must know to see which connections are gone. */
  itemsOf(owner: Incarnation): AttachedItem[] {
    const ownerId = incarnationId(owner);
    return [...this.#byId.values()]
      .filter((each) => sameIncarnation(each.owner, owner))
      .map(({ id, events }) => ({ sessionId: id, side: 'connection', owner: ownerId, events }));
  }

  /**
   * Opens the session at the owner and binds the connection to it.
   * @throws UCError NOT_OWNER, or what {@link Mesh.request} throws: nothing was bound then.
   */
  async open(session: SessionRecord, owner: Incarnation, link: ClientLink, correlationId: string): Promise<void> {
    const attached = new AttachedConnection(session, owner, link, this);
    // Events may come before the answer.
    this.#byId.set(session.id, attached);
    try {
      await this.#options.cluster.mesh.request(owner.serverId, attachSession, { session }, { correlationId });
    } catch (error) {
      this.#byId.delete(session.id);
      // It may have been opened there all the same.
      this.#options.cluster.mesh.send(owner.serverId, sessionDetached, { sessionId: session.id });
      throw error;
    }
    attached.isOpen = true;
    link.bind(attached);
  }

  async relay(attached: AttachedConnection, request: Request, correlationId: string): Promise<Answer> {
    const { mesh } = this.#options.cluster;
    const { id, method, params } = request;
    try {
      const asked = { sessionId: attached.id, request: { id, method, params } };
      const { answer } = await mesh.request(attached.owner.serverId, relayRequest, asked, {
        correlationId,
        deadlineMs: relayDeadlineMs,
      });
      return answer as Answer;
    } catch (error) {
      const failure =
        error instanceof UCError ? error : new UCError('INTERNAL', undefined, { details: { logId: correlationId } });
      // The owner does not know this session: it moved on, or forgot it.
      if (failure.code === 'NOT_OWNER') setImmediate(() => this.sendBack(attached.id));
      return { id, error: failure.toWire() };
    }
  }

  gone(attached: AttachedConnection): void {
    if (!this.#forget(attached.id)) return;
    this.#options.cluster.mesh.send(attached.owner.serverId, sessionDetached, { sessionId: attached.id });
  }

  sendBack(sessionId: SessionId): void {
    const attached = this.#byId.get(sessionId);
    if (attached) this.#options.sendBack(attached.userId, attached.link);
  }

  #servedBy(sessionId: SessionId, owner: Incarnation): AttachedConnection | undefined {
    const attached = this.#byId.get(sessionId);
    return attached && sameIncarnation(attached.owner, owner) ? attached : undefined;
  }

  #pushed(sessionId: SessionId, from: Incarnation, after: number, events: readonly [string, string | null][]): void {
    const attached = this.#servedBy(sessionId, from);
    if (!attached) return;
    if (after !== attached.events) {
      this.sendBack(sessionId);
      return;
    }
    attached.events += events.length;
    for (const [fragment, latestKey] of events) attached.link.push(fragment as Fragment, latestKey ?? undefined);
  }

  #forget(sessionId: SessionId): AttachedConnection | undefined {
    const attached = this.#byId.get(sessionId);
    this.#byId.delete(sessionId);
    return attached;
  }
}
