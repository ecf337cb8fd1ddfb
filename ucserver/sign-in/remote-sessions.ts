import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, incarnationId, type ServerId, type SessionId } from '#shared/ids.ts';
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
import type { CloseReason } from '#shared/protocol/close-codes.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { ClientSession, type Dispatcher, type Fragment, type SessionLink, type SessionTable } from '#ucserver/gateway/index.ts';
import { type Ownership, sameIncarnation } from '#ucserver/ownership/index.ts';

type Push = [fragment: string, latestKey: string | null];

/** Pushes to one server are sent in parts of about this many characters, far below the limit of an envelope. */
const partLength = 48 * 1024;

/** The owner's end of the way to a client whose connection is on another server. */
class RemoteLink implements SessionLink {
  readonly via: Incarnation;
  /** Events that have left for the other server. */
  sent = 0;
  waiting: Push[] = [];
  readonly #id: SessionId;
  readonly #owner: RemoteSessions;

  constructor(id: SessionId, via: Incarnation, owner: RemoteSessions) {
    this.#id = id;
    this.via = via;
    this.#owner = owner;
  }

  push(fragment: Fragment, latestKey?: string): void {
    // A newer state replaces an older one of the same turn.
    const older = latestKey === undefined ? -1 : this.waiting.findIndex(([, key]) => key === latestKey);
    if (older >= 0) this.waiting.splice(older, 1);
    this.waiting.push([fragment, latestKey ?? null]);
    this.#owner.flushLater();
  }

  close(reason: CloseReason): void {
    this.#owner.closed(this.#id, this, reason);
  }
}

export interface RemoteSessionsOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly dispatcher: Dispatcher;
}

/** The sessions of users owned here whose connections are on other servers. */
export class RemoteSessions {
  readonly #options: RemoteSessionsOptions;
  readonly #links = new Map<SessionId, RemoteLink>();
  #flushing = false;

  constructor(options: RemoteSessionsOptions) {
    this.#options = options;
  }

  start(): Unsubscribe {
    const { mesh, members } = this.#options.cluster;
    const stops = [
      mesh.handle(attachSession, ({ session }, { from }) => this.#attach(session, from)),
      mesh.handle(relayRequest, ({ sessionId, request }, { correlationId }) =>
        this.#request(sessionId, request, correlationId ?? ''),
      ),
      mesh.on(sessionDetached, ({ sessionId }) => this.detached(sessionId)),
      members.onLost((lost) => {
        for (const sessionId of this.idsVia(lost)) this.detached(sessionId);
      }),
    ];
    return () => stops.forEach((stop) => void stop());
  }

  idsVia(via: Incarnation): SessionId[] {
    return [...this.#links].filter(([, link]) => sameIncarnation(link.via, via)).map(([id]) => id);
  }

  has(sessionId: SessionId): boolean {
    return this.#links.has(sessionId);
  }

  /** What the holder of the connections must know to see whether it missed something. */
  itemsVia(via: Incarnation): AttachedItem[] {
    this.#flush();
    const owner = incarnationId(this.#options.cluster.self);
    return this.idsVia(via).map((sessionId) => ({
      sessionId,
      side: 'owner',
      owner,
      events: this.#links.get(sessionId)?.sent ?? 0,
    }));
  }

  /** The connection is gone: the session waits for its device, as after any lost connection. */
  detached(sessionId: SessionId): void {
    if (!this.#links.delete(sessionId)) return;
    const session = this.#options.sessions.get(sessionId);
    if (session instanceof ClientSession) session.closed();
  }

  /** The session was ended here. */
  closed(sessionId: SessionId, link: RemoteLink, reason: CloseReason): void {
    if (this.#links.get(sessionId) !== link) return;
    this.#flush();
    this.#links.delete(sessionId);
    this.#options.cluster.mesh.send(link.via.serverId, sessionClosed, { sessionId, reason });
  }

  flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #attach(record: SessionRecord, via: Incarnation): Record<string, never> {
    const { ownership, sessions, dispatcher } = this.#options;
    if (!ownership.owns(record.userId)) {
      const owner = ownership.ownerOf(record.userId);
      const details = owner && { owner: incarnationId(owner.incarnation), term: owner.term };
      throw new UCError('NOT_OWNER', undefined, details ? { details } : {});
    }
    if (this.#links.has(record.id)) return {};
    const link = new RemoteLink(record.id, via, this);
    this.#links.set(record.id, link);
    sessions.add(new ClientSession({ ...record, via }, link, sessions, dispatcher));
    return {};
  }

  async #request(
    sessionId: SessionId,
    request: { readonly id: number; readonly method: string; readonly params?: unknown },
    correlationId: string,
  ): Promise<{ answer: unknown }> {
    const { sessions, dispatcher } = this.#options;
    const session = this.#links.has(sessionId) ? sessions.get(sessionId) : undefined;
    if (!session) throw new UCError('NOT_OWNER');
    return { answer: await dispatcher.dispatch(session, request, correlationId) };
  }

  #flush(): void {
    this.#flushing = false;
    const byServer = new Map<ServerId, { sessionId: SessionId; after: number; events: Push[] }[]>();
    for (const [sessionId, link] of this.#links) {
      if (link.waiting.length === 0) continue;
      const pushes = byServer.get(link.via.serverId) ?? [];
      for (const events of inParts(link.waiting)) {
        pushes.push({ sessionId, after: link.sent, events });
        link.sent += events.length;
      }
      link.waiting = [];
      byServer.set(link.via.serverId, pushes);
    }
    for (const [server, pushes] of byServer) this.#send(server, pushes);
  }

  #send(server: ServerId, pushes: { sessionId: SessionId; after: number; events: Push[] }[]): void {
    let part: typeof pushes = [];
    let length = 0;
    for (const push of pushes) {
      const size = lengthOf(push.events);
      if (part.length > 0 && length + size > partLength) {
        this.#options.cluster.mesh.send(server, sessionPushes, { pushes: part });
        part = [];
        length = 0;
      }
      part.push(push);
      length += size;
    }
    this.#options.cluster.mesh.send(server, sessionPushes, { pushes: part });
  }
}

function lengthOf(events: readonly Push[]): number {
  return events.reduce((sum, [fragment]) => sum + fragment.length + 64, 0);
}

function inParts(events: readonly Push[]): Push[][] {
  const parts: Push[][] = [[]];
  let length = 0;
  for (const event of events) {
    if (length > 0 && length + event[0].length > partLength) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)?.push(event);
    length += event[0].length + 64;
  }
  return parts;
}
