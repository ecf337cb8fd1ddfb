import { type Incarnation, type IncarnationId, incarnationId, parseIncarnation, type ServerId } from '../ids.ts';
import { UCError } from '../protocol/errors.ts';
import type { Keys } from '../redis/keys.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Bus } from './bus.ts';
import type { DirectClient } from './direct-client.ts';
import { DirectWay } from './direct-way.ts';
import { type EnvelopeKind, EnvelopeSealer } from './envelope.ts';
import type { Handlers } from './handlers.ts';
import type { MeshKeys } from './mesh-keys.ts';
import type { MeshState } from './mesh-port.ts';
import {
  type AskedRequest,
  decodePayload,
  encodeError,
  encodePayload,
  encodeResult,
  type FirstItem,
  type Fragment,
} from './payload.ts';
import { Peer } from './peer.ts';
import type { PendingRequests } from './pending-requests.ts';

export interface CourierOptions {
  readonly bus: Bus;
  readonly keys: MeshKeys;
  readonly redisKeys: Pick<Keys, 'inbox'>;
  readonly direct: DirectClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly handlers: Handlers;
  readonly pending: PendingRequests;
  readonly state: () => MeshState;
  /** Our message to ourselves, sent at this time, came back. */
  readonly onEcho: (sentMs: number) => void;
  /** Something of this peer was lost, or it is new: it must be read anew. */
  readonly onGap: (peer: Peer) => void;
}

/** Carries fragments to peers and brings theirs: joins, numbers, seals, opens, and hands over what arrived. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #logger: Logger;
  readonly #sealer: EnvelopeSealer;
  /** For requests while the bus is down. */
  readonly direct: DirectWay;
  readonly #peers = new Map<ServerId, Peer>();
  readonly #buried = new Set<IncarnationId>();
  readonly #toFlush = new Set<Peer>();
  #self: { readonly incarnation: Incarnation; readonly id: IncarnationId; readonly channel: string } | undefined;
  #leaveInbox: (() => void) | undefined;
  #flushing = false;
  #pings = 0;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#logger = options.logger;
    this.#sealer = new EnvelopeSealer(options.keys);
    this.direct = new DirectWay({
      client: options.direct,
      sealer: this.#sealer,
      pending: options.pending,
      logger: this.#logger,
      self: () => this.#own().id,
      seal: (kind, to, number, payload) => this.#seal(kind, to, number, payload),
      peerOf: (incarnation) => this.meet(incarnation),
      execute: (request, peer, ageMs) => this.#execute(request, peer, ageMs),
    });
  }

  /** Who we are. @throws Error before the start. */
  get self(): Incarnation {
    return this.#own().incarnation;
  }

  get peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  /** Listens as this incarnation from now on; the streams of an earlier one are gone. */
  become(incarnation: Incarnation): void {
    this.leave();
    const id = incarnationId(incarnation);
    this.#self = { incarnation, id, channel: this.#options.redisKeys.inbox(id) };
    this.#leaveInbox = this.#options.bus.subscribe(this.#self.channel, (bytes) => this.#receiveSafely(bytes));
  }

  /** Stops listening and forgets all peers. */
  leave(): void {
    this.#leaveInbox?.();
    this.#peers.clear();
    this.#toFlush.clear();
  }

  peer(serverId: ServerId): Peer | undefined {
    return this.#peers.get(serverId);
  }

  isCurrent(peer: Peer): boolean {
    return this.#peers.get(peer.incarnation.serverId) === peer;
  }

  /** The peer of this incarnation, met just now if it is newer than what is known; `undefined` for a dead one and for ourselves. */
  meet(incarnation: Incarnation): Peer | undefined {
    const known = this.#peers.get(incarnation.serverId);
    if (known?.incarnation.life === incarnation.life) return known;
    if (incarnation.serverId === this.self.serverId || this.#buried.has(incarnationId(incarnation))) return undefined;
    if (known !== undefined && known.incarnation.life > incarnation.life) return undefined;
    if (known !== undefined) this.part(known.incarnation);
    const peer = new Peer(incarnation, this.#options.redisKeys.inbox, this.#options.clock);
    this.#peers.set(incarnation.serverId, peer);
    this.#options.onGap(peer);
    return peer;
  }

  part(incarnation: Incarnation): void {
    const peer = this.#peers.get(incarnation.serverId);
    if (peer === undefined || peer.incarnation.life !== incarnation.life) return;
    this.#peers.delete(incarnation.serverId);
    this.#toFlush.delete(peer);
    this.#options.pending.failAll(new UCError('OUTCOME_UNKNOWN', 'The server asked is gone'), peer.id);
  }

  bury(incarnation: Incarnation): void {
    this.#buried.add(incarnationId(incarnation));
    this.part(incarnation);
  }

  /** Queues for the first lane. @param request its id, when it is one. */
  add(to: ServerId, fragment: Fragment, request?: number): void {
    const peer = this.#reachable(to);
    if (peer === undefined) return;
    peer.outbox.add(fragment, request);
    this.#flushSoon(peer);
  }

  /** Queues for the second lane, in place of what waits under the same key. */
  addState(to: ServerId, key: string | symbol, fragment: Fragment): void {
    const peer = this.#reachable(to);
    if (peer === undefined) return;
    peer.outbox.addState(key, fragment);
    this.#flushSoon(peer);
  }

  /** Gives up what waits for this peer: events are lost (the peer will see a gap), requests take the direct way. */
  giveUp(peer: Peer): void {
    const { requests, lostEvents } = peer.outbox.clear();
    if (lostEvents) peer.leaveGap();
    for (const id of requests) void this.direct.ask(peer, id);
  }

  /** Sends now what waits for the end of this turn. */
  flush(): void {
    this.#flushing = false;
    const peers = [...this.#toFlush];
    this.#toFlush.clear();
    for (const peer of peers) {
      while (peer.outbox.ready) this.#sendParcel(peer);
      if (peer.acknowledgementDue) this.#sendParcel(peer);
    }
  }

  /** Sends an envelope to every peer that was sent none since the last call: its number and acknowledgement are what counts. */
  keepAlive(): void {
    for (const peer of this.#peers.values()) {
      if (peer.quiet) this.#sendParcel(peer);
      peer.quiet = true;
    }
  }

  /** Sends ourselves a message through the bus. */
  ping(): void {
    const { id, channel } = this.#own();
    // A ping that cannot be sent is one that does not come back.
    this.#options.bus.publish(channel, this.#seal('ping', id, ++this.#pings, '')).catch(() => undefined);
  }

  #own() {
    if (this.#self === undefined) throw new Error('The mesh has not been started');
    return this.#self;
  }

  /** The peer, if events reach it now; else they are lost, and the gap in the numbers tells the peer to read again. */
  #reachable(to: ServerId): Peer | undefined {
    const peer = this.#peers.get(to);
    if (peer === undefined) return undefined;
    if (this.#options.state() === 'down') {
      peer.leaveGap();
      return undefined;
    }
    if (peer.outbox.overflowing) this.giveUp(peer);
    return peer;
  }

  #flushSoon(peer: Peer): void {
    this.#toFlush.add(peer);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flushing && this.flush());
  }

  /** One envelope with what waits (a keep-alive when nothing does). */
  #sendParcel(peer: Peer): void {
    const { bus, pending } = this.#options;
    const { first, second, requests } = peer.outbox.take();
    const number = peer.nextNumber();
    peer.outbox.sent(number, second.length);
    peer.quiet = false;
    bus.publish(peer.channel, this.#seal('stream', peer.id, number, encodePayload(peer.acknowledge(), first, second))).then(
      (receivers) => {
        if (receivers === 0) for (const id of requests) void this.direct.ask(peer, id);
      },
      () => {
        for (const id of requests) pending.fail(id, new UCError('OUTCOME_UNKNOWN'));
      },
    );
  }

  #seal(kind: EnvelopeKind, to: IncarnationId, number: number, payload: string): Buffer {
    return this.#sealer.seal({ kind, from: this.#own().id, to, number, sentMs: this.#options.clock.monotonicMs(), payload });
  }

  /** What cannot be read must not end the process: it was signed, so it is a mistake of this or a newer version. */
  #receiveSafely(bytes: Buffer): void {
    try {
      this.#receive(bytes);
    } catch (error) {
      this.#logger.error('An envelope could not be read', { error });
    }
  }

  #receive(bytes: Buffer): void {
    const self = this.#own();
    const envelope = this.#sealer.open(bytes, self.id, 'stream', 'ping');
    if (typeof envelope === 'string') {
      this.#logger.warn('An envelope was refused', { why: envelope });
      return;
    }
    if (envelope.kind === 'ping') {
      if (envelope.from === self.id) this.#options.onEcho(envelope.sentMs);
      return;
    }
    const peer = this.#sender(envelope.from);
    if (peer === undefined) return;
    const arrival = peer.incoming.arrive(envelope.number);
    if (arrival === 'replay') {
      this.#logger.warn('An envelope came twice or too late, dropped', { from: envelope.from, number: envelope.number });
      return;
    }
    const { applied, first, second } = decodePayload(envelope.payload);
    const ageMs = peer.age.arrived(envelope.sentMs);
    peer.outbox.acknowledged(applied);
    for (const item of first) this.#receiveFirst(item, peer, ageMs);
    if (peer.arrived(envelope.number, second)) this.#applySlices(peer);
    if (peer.outbox.ready) this.#flushSoon(peer);
    if (arrival === 'gap') {
      this.#logger.info('Something from a peer was lost, reading it again', { from: envelope.from, number: envelope.number });
      this.#options.onGap(peer);
    }
  }

  #sender(from: IncarnationId): Peer | undefined {
    const known = this.#peers.get(from.slice(0, from.lastIndexOf(':')) as ServerId);
    return known?.id === from ? known : this.meet(parseIncarnation(from));
  }

  #receiveFirst(item: FirstItem, peer: Peer, ageMs: number): void {
    const { handlers, pending } = this.#options;
    switch (item.kind) {
      case 'event':
        handlers.deliver(item.name, item.event, peer.incarnation);
        break;
      case 'result':
        pending.answered(item.id, peer.id, item.result);
        break;
      case 'error':
        pending.refused(item.id, peer.id, item.error);
        break;
      case 'request':
        void this.#execute(item, peer, ageMs).then(
          (answer) => this.isCurrent(peer) && this.add(peer.incarnation.serverId, answer),
        );
    }
  }

  #applySlices(peer: Peer): void {
    const more = peer.applySlice(({ name, event }) => this.#options.handlers.deliver(name, event, peer.incarnation));
    if (peer.acknowledgementDue && this.isCurrent(peer)) this.#flushSoon(peer);
    if (more) setImmediate(() => this.#applySlices(peer));
  }

  /** Executes a request unless its asker has given up by now. @returns the answer; never rejects. */
  async #execute({ id, name, params, deadlineMs, correlationId }: AskedRequest, peer: Peer, ageMs: number): Promise<Fragment> {
    try {
      const remainingMs = deadlineMs - ageMs;
      if (!(remainingMs > 0)) throw new UCError('OUTCOME_UNKNOWN', 'It came too late and was not executed');
      const context = { from: peer.incarnation, remainingMs, correlationId };
      return encodeResult(id, await this.#options.handlers.execute(name, params, context));
    } catch (error) {
      const known = error instanceof UCError ? error : new UCError('INTERNAL', undefined, { cause: error });
      return encodeError(id, known.toWire());
    }
  }
}
