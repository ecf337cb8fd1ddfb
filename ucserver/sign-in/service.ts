import type { Registry } from 'prom-client';
import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { ServerId, UserId } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Params } from '#shared/protocol/index.ts';
import type { OpenResult } from '#shared/protocol/session.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { ClientLink, Dispatcher, SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import { Absence } from './absence.ts';
import { AttachedConnections } from './attached-connections.ts';
import { AttachedSection } from './attached-resync.ts';
import type { SignInConfig } from './config.ts';
import { Departure } from './departure.ts';
import { Drain } from './drain.ts';
import { GoingHome } from './going-home.ts';
import { IdleRelease } from './idle-release.ts';
import { registerSignInMethods } from './methods.ts';
import { createMetrics, type SignInMetrics } from './metrics.ts';
import { notifyClients } from './notifier.ts';
import { Opener } from './opener.ts';
import type { ReachSource, SeatSource, SignIn, SignInLoad, TokenVerifier } from './port.ts';
import { RecentRedirects } from './recent-redirects.ts';
import { Redirection } from './redirection.ts';
import { RemoteSessions } from './remote-sessions.ts';
import { ReturnQueue } from './return-queue.ts';
import { Returning } from './returning.ts';
import { sessionHandOver } from './session-hand-over.ts';
import { Tickets } from './tickets.ts';

export interface SignInDependencies {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly dispatcher: Dispatcher;
  readonly verifier: TokenVerifier;
  readonly reach: ReachSource;
  readonly meshKeys: Pick<MeshKeys, 'mac' | 'proves'>;
  /** The server the administrator assigned to a user. */
  readonly homeOf: (userId: UserId) => ServerId | undefined;
  /** Licensed seats of people who are online; default: nobody needs one. */
  readonly seats?: SeatSource;
  readonly config: SignInConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** 0 ≤ random < 1; default `Math.random`. */
  readonly random?: () => number;
}

const unlimited: SeatSource = { take: async () => undefined, leave: () => undefined };

/** Signing in, from the opener's decision to the server's own end. */
export class SignInService implements SignIn {
  readonly #dependencies: SignInDependencies;
  readonly #opener: Opener;
  readonly #attached: AttachedConnections;
  readonly #remote: RemoteSessions;
  readonly #redirection: Redirection;
  readonly #departure: Departure;
  readonly #goingHome: GoingHome;
  readonly #drain: Drain;
  readonly #idle: IdleRelease;
  readonly #returning: Returning;
  readonly #absence: Absence;
  readonly #metrics: SignInMetrics;
  readonly #stops: Unsubscribe[] = [];
  #draining: Promise<void> | undefined;

  constructor(dependencies: SignInDependencies) {
    const { cluster, ownership, sessions, dispatcher, meshKeys, config, clock, homeOf } = dependencies;
    const logger = dependencies.logger.child({ part: 'sign-in' });
    const random = dependencies.random ?? Math.random;
    const base = { cluster, ownership, sessions, dispatcher, clock, logger, homeOf, random };
    const tickets = new Tickets({ keys: meshKeys, clock, forMs: config.ticketForMs });
    const redirects = new RecentRedirects(config.redirectCountsMs);
    const returns = new ReturnQueue({ perSecond: config.returnsPerSecond, mostWaitMs: config.returnWaitMs });
    const absence = new Absence(config);
    const redirection = new Redirection({ cluster, tickets, redirects, clock, ownLoad: () => this.load() });
    const sendBack = (userId: UserId, link: ClientLink) => redirection.sendBack(userId, link);
    const attached = new AttachedConnections({ cluster, sendBack });
    const metrics = createMetrics(
      dependencies.registry,
      () => sessions.userCount,
      () => attached.size,
    );
    const departure = new Departure({ ...base, redirection, onMoved: (reason) => metrics.moved(reason) });
    const isDraining = () => this.#draining !== undefined;
    registerSignInMethods(dispatcher, dependencies.verifier);
    this.#dependencies = dependencies;
    this.#absence = absence;
    this.#metrics = metrics;
    this.#redirection = redirection;
    this.#attached = attached;
    this.#departure = departure;
    this.#remote = new RemoteSessions({ ...base, verifier: dependencies.verifier });
    this.#goingHome = new GoingHome({ ...base, redirection, departure, rules: config.goHome, isDraining });
    this.#drain = new Drain({ ...base, redirection, departure, attached });
    this.#idle = new IdleRelease({ ...base, afterMs: config.releaseAfterMs });
    this.#returning = new Returning({ ...base, absence, returns });
    this.#opener = new Opener({
      ...{ ...base, tickets, redirection, returns, absence, attached },
      ...{ verifier: dependencies.verifier, reach: dependencies.reach, seats: dependencies.seats ?? unlimited },
      onUnreachable: (userId, servers) => this.#goingHome.unreachable(userId, servers),
    });
  }

  start(): void {
    const { cluster, ownership, sessions, dispatcher, verifier, reach, clock, config } = this.#dependencies;
    ownership.acceptOffers(() => {
      const { draining, full } = this.load();
      return !draining && !full;
    });
    const { acts } = dispatcher;
    this.#stops.push(
      ownership.addHandOver('sessions', sessionHandOver({ sessions, dispatcher, verifier, clock })),
      ownership.addHandOver('requests', {
        export: (userId) => acts.handOver(userId),
        import: (userId, part) => acts.takeOver(userId, part),
      }),
      this.#departure.start(),
      this.#remote.start(),
      this.#attached.start(),
      cluster.mesh.addResync(new AttachedSection(cluster, this.#attached, this.#remote)),
      this.#idle.start(),
      this.#returning.start(),
      notifyClients({ cluster, sessions, attached: this.#attached, redirection: this.#redirection, reach }),
    );
    if (config.goHome.enabled) this.#stops.push(this.#goingHome.start());
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  async open(params: Params<'session.open'>, link: ClientLink, correlationId: string): Promise<OpenResult> {
    const result = await this.#opener.open(params, link, correlationId);
    this.#metrics.opened(result);
    return result;
  }

  load(): SignInLoad {
    const { sessions, config } = this.#dependencies;
    const users = sessions.userCount;
    const fill = users / config.capacity;
    return { users, fill, full: users >= config.capacity, draining: this.#draining !== undefined };
  }

  drain(withinMs: number): Promise<void> {
    this.#draining ??= this.#drainOnce(withinMs);
    return this.#draining;
  }

  addMoveVeto(isBusy: (userId: UserId) => boolean): Unsubscribe {
    return this.#goingHome.addVeto(isBusy);
  }

  addClaims(hasClaims: (userId: UserId) => boolean): Unsubscribe {
    return this.#idle.addClaims(hasClaims);
  }

  onStale(listener: (users: readonly UserId[]) => void): Unsubscribe {
    return this.#returning.stale.add(listener);
  }

  onGone(listener: (users: readonly UserId[], sinceMs: number) => void): Unsubscribe {
    return this.#returning.gone.add(listener);
  }

  isMissing(userId: UserId): boolean {
    return this.#absence.isMissing(userId);
  }

  async #drainOnce(withinMs: number): Promise<void> {
    const { cluster, config, logger } = this.#dependencies;
    // The others must know first, or they would send people back. This runs on after `#draining` is set.
    await Promise.resolve();
    await cluster.beatNow().catch((error: unknown) => logger.warn('The others were not told of draining', { error }));
    await this.#drain.run(config.drainWithinMs, withinMs);
  }
}
