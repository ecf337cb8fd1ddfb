import type { Cluster, ProbeResult } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, randomId, type ServerId, sessionIdSchema, type UserId } from '#shared/ids.ts';
import type { SessionRecord } from '#shared/mesh/contracts/session.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params } from '#shared/protocol/index.ts';
import type { OpenResult } from '#shared/protocol/session.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import {
  type ClientLink,
  ClientSession,
  type Dispatcher,
  type SessionOpener,
  type SessionTable,
} from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { Absence } from './absence.ts';
import type { AttachedConnections } from './attached-connections.ts';
import type { ReachSource, SeatSource, TokenVerifier } from './port.ts';
import type { Redirection } from './redirection.ts';
import type { ReturnQueue } from './return-queue.ts';
import { type Choice, selectServer } from './server-selector.ts';
import type { Tickets } from './tickets.ts';
import { assertHolds } from './token-proof.ts';

export interface OpenerOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly dispatcher: Dispatcher;
  readonly verifier: TokenVerifier;
  readonly seats: SeatSource;
  readonly reach: ReachSource;
  readonly homeOf: (userId: UserId) => ServerId | undefined;
  readonly tickets: Tickets;
  readonly redirection: Redirection;
  readonly returns: ReturnQueue;
  readonly absence: Absence;
  readonly attached: AttachedConnections;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A client of this user could not open these servers. */
  readonly onUnreachable: (userId: UserId, servers: ReadonlySet<ServerId>) => void;
  /** 0 ≤ random < 1. */
  readonly random: () => number;
}

/** One client on its way in. */
interface Arrival {
  readonly session: SessionRecord;
  readonly link: ClientLink;
  readonly correlationId: string;
  readonly hop: number;
  readonly unreachable: ReadonlySet<ServerId>;
  /** Servers found silent or unwilling while this client was asked about; they are not tried again for it. */
  readonly excluded: Set<ServerId>;
}

/** The world may change while a decision is carried out; then it is made anew, this often at most. */
const mostRounds = 5;
const busyMs = 1_000;
const newsMs = 50;

/** Opens sessions: here, or it says where. */
export class Opener implements SessionOpener {
  readonly #options: OpenerOptions;
  readonly #probes = new Map<ServerId, Promise<ProbeResult>>();

  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  async open(params: Params<'session.open'>, link: ClientLink, correlationId: string): Promise<OpenResult> {
    const { verifier, cluster, tickets, clock, logger } = this.#options;
    const bearer = await verifier.verify(params.token);
    if (bearer.deviceId !== params.device.id) {
      throw new UCError('BAD_REQUEST', 'params.device.id: is not the device of the token', { field: 'params.device.id' });
    }
    // After a pause of our own loop we may be dead for the others without knowing it.
    if (!cluster.mayServe) return { status: 'busy', retryAfterMs: busyMs };
    const { userId, endsAt: tokenEndsAt, signedInAt, generation: tokenGeneration } = bearer;
    const { device, capabilities, activity } = params;
    const openedAt = clock.wallMs();
    const id = sessionIdSchema.parse(randomId());
    const arrival: Arrival = {
      session: { id, userId, device, capabilities, activity, openedAt, tokenEndsAt, signedInAt, tokenGeneration },
      ...{ link, correlationId },
      hop: tickets.read(params.ticket, userId, cluster.self.serverId)?.hop ?? 0,
      unreachable: new Set(params.unreachable),
      excluded: new Set(),
    };
    if (arrival.unreachable.size > 0) this.#options.onUnreachable(userId, arrival.unreachable);
    for (let round = 1; round <= mostRounds; round++) {
      const choice = this.#choose(arrival);
      const result = await this.#follow(choice, arrival);
      logger.debug('Sign-in decided', { userId, correlationId, choice, hop: arrival.hop, status: result?.status ?? 'again' });
      if (result) return result;
    }
    return { status: 'busy', retryAfterMs: busyMs };
  }

  #choose({ session, hop, unreachable, excluded }: Arrival): Choice {
    const { cluster, ownership, redirection, homeOf, random } = this.#options;
    return selectServer({
      ...{ self: cluster.self.serverId, places: redirection.places(), hop, random },
      home: homeOf(session.userId),
      owner: ownership.ownerOf(session.userId)?.incarnation.serverId,
      unreachable: excluded.size === 0 ? unreachable : new Set([...unreachable, ...excluded]),
      sentLately: (server) => redirection.sentLately(server),
    });
  }

  /** @returns `undefined` when things are not as they were when this was chosen. */
  #follow(choice: Choice, arrival: Arrival): OpenResult | undefined | Promise<OpenResult | undefined> {
    const { ownership } = this.#options;
    const { userId } = arrival.session;
    if (choice.kind === 'accept') return this.#accept(arrival, undefined);
    if (choice.kind === 'redirect') return this.#redirect(arrival, choice.to);
    if (choice.kind === 'move') return this.#move(arrival, choice.to);
    if (choice.kind === 'busy') return { status: 'busy', retryAfterMs: busyMs };
    const owner = ownership.ownerOf(userId)?.incarnation;
    if (owner?.serverId !== choice.owner) return undefined;
    if (choice.kind === 'attach') return this.#attach(arrival, owner);
    return choice.kind === 'probe' ? this.#probeOwner(arrival, owner, choice.takeIfSilent) : this.#contest(arrival, owner);
  }

  /** Takes the user, also from `silent`, an owner that does not answer, and opens the session here, if there is a seat for them. */
  async #accept(arrival: Arrival, silent: Incarnation | undefined): Promise<OpenResult | undefined> {
    const { seats, sessions } = this.#options;
    const { userId } = arrival.session;
    await seats.take(userId);
    try {
      return await this.#open(arrival, silent);
    } finally {
      if (!sessions.has(userId)) seats.leave(userId);
    }
  }

  async #open(arrival: Arrival, silent: Incarnation | undefined): Promise<OpenResult | undefined> {
    const { ownership, sessions, dispatcher, absence, returns, clock } = this.#options;
    const { session, link } = arrival;
    if (!ownership.owns(session.userId) && (silent || absence.isReturning(session.userId))) {
      const admission = returns.admit(session.userId, clock.monotonicMs());
      if (admission.kind === 'later') return { status: 'busy', retryAfterMs: admission.retryAfterMs };
      if (admission.inMs > 0) await new Promise<void>((resolve) => void clock.after(admission.inMs, resolve));
    }
    if ((await ownership.take(session.userId, silent)) !== 'taken' || !ownership.owns(session.userId)) return undefined;
    assertHolds(this.#options.verifier, session);
    const opened = new ClientSession(session, link, sessions, dispatcher);
    sessions.add(opened);
    link.bind(opened);
    return this.#welcome(session, false);
  }

  #redirect({ session, hop }: Arrival, to: ServerId): OpenResult | undefined {
    const address = this.#options.redirection.to(session.userId, to, hop + 1);
    return address && { status: 'redirect', ...address };
  }

  /** We are draining: the user goes with the client. */
  async #move(arrival: Arrival, to: ServerId): Promise<OpenResult | undefined> {
    const { cluster, ownership } = this.#options;
    const { userId } = arrival.session;
    const target = cluster.members.get(to)?.incarnation;
    const moved = target ? await ownership.offer([userId], target) : [];
    if (moved.includes(userId)) return this.#redirect(arrival, to);
    arrival.excluded.add(to);
    return undefined;
  }

  async #probeOwner(arrival: Arrival, owner: Incarnation, takeIfSilent: boolean): Promise<OpenResult | undefined> {
    const found = await this.#probe(owner.serverId);
    if (found === 'refused' || (found === 'silent' && takeIfSilent)) return this.#accept(arrival, owner);
    return this.#redirect(arrival, owner.serverId);
  }

  async #contest(arrival: Arrival, owner: Incarnation): Promise<OpenResult | undefined> {
    const { ownership } = this.#options;
    const found = await this.#probe(owner.serverId);
    if (found !== 'alive') return this.#accept(arrival, owner);
    if (await ownership.ask(arrival.session.userId)) return this.#accept(arrival, undefined);
    return this.#attach(arrival, owner);
  }

  async #attach(arrival: Arrival, owner: Incarnation): Promise<OpenResult | undefined> {
    const { attached, clock, logger } = this.#options;
    const { session, link, correlationId } = arrival;
    assertHolds(this.#options.verifier, session);
    try {
      await attached.open(session, owner, link, correlationId);
    } catch (error) {
      if (!(error instanceof UCError) || error.code === 'TOKEN_INVALID') throw error;
      logger.info('A session could not be attached', { userId: session.userId, correlationId, error });
      // The news of who the owner is now is on its way.
      if (error.code === 'NOT_OWNER') await new Promise<void>((resolve) => void clock.after(newsMs, resolve));
      else arrival.excluded.add(owner.serverId);
      return undefined;
    }
    return this.#welcome(session, true);
  }

  #welcome({ id, userId, tokenEndsAt }: SessionRecord, attached: boolean): OpenResult {
    const { cluster, redirection, reach, clock } = this.#options;
    return {
      ...{ status: 'welcome', sessionId: id, userId, serverId: cluster.self.serverId, attached },
      ...{ servers: redirection.servers(), reach: reach.reach(), now: clock.wallMs(), tokenEndsAt },
    };
  }

  /** Many clients ask about the same server at once: one probe answers all of them. */
  #probe(server: ServerId): Promise<ProbeResult> {
    const underWay = this.#probes.get(server);
    if (underWay) return underWay;
    const probe = this.#options.cluster.members.probe(server).finally(() => this.#probes.delete(server));
    this.#probes.set(server, probe);
    return probe;
  }
}
