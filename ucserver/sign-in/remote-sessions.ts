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
import type { TokenVerifier } from './port.ts';
import { assertHolds } from './token-proof.ts';

type Push = [fragment: string, latestKey: string | null];

/** Pushes to one server are sent in parts of about this many characters, far below the limit of an envelope. */
const partLength = 48 * 1024;
/** What one client is sent within one turn, in UTF-16 units; a session that is sent more is ended, as one that does not keep up. */
const mostWaiting = 4 * 1024 * 1024;

/** The owner's end of the way to a client whose connection is on another server. */
class RemoteLink implements SessionLink {
  readonly via: Incarnation;
  /** Events that have left for the other server. */
  sent = 0;
  /** By key of a state, or a key of its own. */
  #waiting = new Map<string | symbol, Push>();
  #waitingLength = 0;
  readonly #id: SessionId;
  readonly #owner: RemoteSessions;

  constructor(id: SessionId, via: Incarnation, owner: RemoteSessions) {
    this.#id = id;
    this.via = via;
    this.#owner = owner;
  }

  push(fragment: Fragment, latestKey?: string): void {
    const key = latestKey ?? Symbol();
    // Deleted first, so that a newer state takes its place in the order of time.
    const older = this.#waiting.get(key);
    if (older && this.#waiting.delete(key)) this.#waitingLength -= older[0].length;
    this.#waiting.set(key, [fragment, latestKey ?? null]);
    this.#waitingLength += fragment.length;
    if (this.#waitingLength > mostWaiting) this.#owner.overflowed(this.#id, this);
    else this.#owner.flushLater();
  }

  take(): Push[] {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#waitingLength = 0;
    return waiting;
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
  readonly verifier: Pick<TokenVerifier, 'holds'>;
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
      mesh.handle(relayRequest, ({ sessionId, request }, { from, correlationId }) =>
        this.#request(sessionId, from, request, correlationId ?? ''),
      ),
      mesh.on(sessionDetached, ({ sessionId }, from) => this.detached(sessionId, from)),
      members.onLost((lost) => {
        for (const sessionId of this.idsVia(lost)) this.detached(sessionId, lost);
      }),
    ];
    return () => stops.forEach((stop) => void stop());
  }

  idsVia(via: Incarnation): SessionId[] {
    return [...this.#links].filter(([, link]) => sameIncarnation(link.via, via)).map(([id]) => id);
  }

  /** Whether the connection of this session is on that server. */
  isVia(sessionId: SessionId, via: Incarnation): boolean {
    return this.#linkVia(sessionId, via) !== undefined;
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

  /** The connection on that server is gone: the session waits for its device, as after any lost connection. */
  detached(sessionId: SessionId, via: Incarnation): void {
    if (!this.#linkVia(sessionId, via)) return;
    this.#links.delete(sessionId);
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

  /** More was pushed than may wait: the client starts anew. */
  overflowed(sessionId: SessionId, link: RemoteLink): void {
    if (this.#links.get(sessionId) !== link) return;
    this.#options.cluster.mesh.send(link.via.serverId, sessionClosed, { sessionId, reason: 'tooSlow' });
    this.detached(sessionId, link.via);
  }

  flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #attach(record: SessionRecord, via: Incarnation): Record<string, never> {
    const { ownership, sessions, dispatcher, verifier } = this.#options;
    if (!ownership.owns(record.userId)) {
      const owner = ownership.ownerOf(record.userId);
      const details = owner && { owner: incarnationId(owner.incarnation), term: owner.term };
      throw new UCError('NOT_OWNER', undefined, details ? { details } : {});
    }
    if (this.isVia(record.id, via)) return {};
    if (sessions.get(record.id)) throw new UCError('ID_CONFLICT');
    // The server of the connection may not have heard of a sign-out that this one knows.
    assertHolds(verifier, record);
    const link = new RemoteLink(record.id, via, this);
    this.#links.set(record.id, link);
    sessions.add(new ClientSession({ ...record, via }, link, sessions, dispatcher));
    return {};
  }

  async #request(
    sessionId: SessionId,
    from: Incarnation,
    request: { readonly id: number; readonly method: string; readonly params?: unknown },
    correlationId: string,
  ): Promise<{ answer: unknown }> {
    const { sessions, dispatcher } = this.#options;
    const session = this.isVia(sessionId, from) ? sessions.get(sessionId) : undefined;
    if (!session) throw new UCError('NOT_OWNER');
    return { answer: await dispatcher.dispatch(session, request, correlationId) };
  }

  #linkVia(sessionId: SessionId, via: Incarnation): RemoteLink | undefined {
    const link = this.#links.get(sessionId);
    return link && sameIncarnation(link.via, via) ? link : undefined;
  }

  #flush(): void {
    this.#flushing = false;
    const byServer = new Map<ServerId, { sessionId: SessionId; after: number; events: Push[] }[]>();
    for (const [sessionId, link] of this.#links) {
      const waiting = link.take();
      if (waiting.length === 0) continue;
      const pushes = byServer.get(link.via.serverId) ?? [];
      for (const events of inParts(waiting)) {
        pushes.push({ sessionId, after: link.sent, events });
        link.sent += events.length;
      }
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
