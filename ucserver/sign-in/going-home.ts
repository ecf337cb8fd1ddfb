import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { ServerId, UserId } from '#shared/ids.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { Departure } from './departure.ts';
import { HomewardPlan, type HomewardRules } from './homeward-plan.ts';
import type { Redirection } from './redirection.ts';

/** Who could not be sent home is left alone for this long. */
const tryAgainMs = 10_000;
/** Whose client could not open the home server is left alone for this long, or until that server has a new life. */
const unreachableMs = 600_000;
/** When nobody can be sent, the next look is this much later than the pace asks. */
const idleMs = 1_000;

export interface GoingHomeOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly redirection: Redirection;
  readonly departure: Departure;
  readonly rules: HomewardRules;
  readonly homeOf: (userId: UserId) => ServerId | undefined;
  readonly isDraining: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Whom to leave alone, and for how long. */
interface Rest {
  readonly untilMs: number;
  /** Holds only while the home server lives this life: a restart may have mended what was wrong. */
  readonly life?: number | undefined;
}

/** Sends people back to their home server when it has been well for a while; see `HomewardPlan` for when and how many. */
export class GoingHome {
  readonly #options: GoingHomeOptions;
  readonly #plan: HomewardPlan;
  readonly #vetoes = new Set<(userId: UserId) => boolean>();
  readonly #rests = new Map<UserId, Rest>();
  #next: Timer | undefined;
  #running = false;

  constructor(options: GoingHomeOptions) {
    this.#options = options;
    this.#plan = new HomewardPlan(options.rules);
  }

  addVeto(isBusy: (userId: UserId) => boolean): Unsubscribe {
    this.#vetoes.add(isBusy);
    return () => void this.#vetoes.delete(isBusy);
  }

  /**
   * A client of the user could not open these servers. That is no reason to keep away from a home server that was dead then and
   * lives again.
   */
  unreachable(userId: UserId, servers: ReadonlySet<ServerId>): void {
    const { cluster, homeOf } = this.#options;
    const home = homeOf(userId);
    const member = home !== undefined && servers.has(home) ? cluster.members.get(home) : undefined;
    if (member) this.#leaveAlone(userId, unreachableMs, member.incarnation.life);
  }

  start(): Unsubscribe {
    const { cluster, clock } = this.#options;
    const started = ({ incarnation }: { incarnation: { serverId: ServerId; life: number } }) =>
      this.#plan.started(incarnation, clock.monotonicMs());
    for (const member of cluster.members.all()) started(member);
    const stopJoined = cluster.members.onJoined(started);
    this.#running = true;
    this.#schedule(0);
    return () => {
      this.#running = false;
      stopJoined();
      this.#next?.stop();
    };
  }

  #schedule(laterMs: number): void {
    if (!this.#running) return;
    const { users, nextInMs } = this.#plan.pace(this.#options.random());
    this.#next = this.#options.clock.after(nextInMs + laterMs, () => {
      this.#step(users).then(
        (sent) => this.#schedule(sent > 0 ? 0 : idleMs),
        (error: unknown) => {
          this.#options.logger.error('Nobody could be sent home', { error });
          this.#schedule(tryAgainMs);
        },
      );
    });
  }

  /** @returns how many people have gone. */
  async #step(most: number): Promise<number> {
    const { cluster, departure, isDraining, logger } = this.#options;
    if (isDraining() || cluster.redis.state !== 'up' || cluster.mesh.state !== 'up' || !cluster.mayWrite) return 0;
    const byHome = this.#choose(most);
    if (byHome.size === 0) return 0;
    const { gone } = await departure.moveAll(byHome, 'goingHome');
    for (const userId of [...byHome.values()].flat()) if (!gone.has(userId)) this.#leaveAlone(userId, tryAgainMs);
    if (gone.size > 0) logger.info('People went home', { users: gone.size });
    return gone.size;
  }

  #choose(most: number): Map<ServerId, UserId[]> {
    const { ownership, homeOf } = this.#options;
    const rooms = this.#rooms();
    const byHome = new Map<ServerId, UserId[]>();
    let chosen = 0;
    if (rooms.size === 0) return byHome;
    for (const userId of ownership.owned()) {
      const home = homeOf(userId);
      const room = home === undefined ? 0 : (rooms.get(home) ?? 0);
      if (home === undefined || room < 1 || this.#isLeftAlone(userId, home) || !this.#mayMove(userId)) continue;
      byHome.set(home, [...(byHome.get(home) ?? []), userId]);
      rooms.set(home, room - 1);
      if (++chosen >= most) break;
    }
    return byHome;
  }

  /** How many people each home server may get now. */
  #rooms(): Map<ServerId, number> {
    const { cluster, redirection, clock } = this.#options;
    const rooms = new Map<ServerId, number>();
    for (const member of cluster.members.all()) {
      if (member.serverId === cluster.self.serverId) continue;
      const place = { ...member, id: member.serverId };
      const room = this.#plan.room(place, redirection.sentLately(place.id), clock.monotonicMs());
      if (room > 0) rooms.set(place.id, room);
    }
    return rooms;
  }

  #isLeftAlone(userId: UserId, home: ServerId): boolean {
    const { cluster, clock } = this.#options;
    const rest = this.#rests.get(userId);
    if (!rest) return false;
    const isNewLife = rest.life !== undefined && cluster.members.get(home)?.life !== rest.life;
    if (!isNewLife && clock.monotonicMs() < rest.untilMs) return true;
    this.#rests.delete(userId);
    return false;
  }

  #mayMove(userId: UserId): boolean {
    const { sessions } = this.#options;
    let count = 0;
    for (const session of sessions.ofUser(userId)) {
      if (session.unsentText || sessions.isLost(session.id)) return false;
      count++;
    }
    return count > 0 && ![...this.#vetoes].some((isBusy) => isBusy(userId));
  }

  #leaveAlone(userId: UserId, forMs: number, life?: number): void {
    this.#rests.set(userId, { untilMs: this.#options.clock.monotonicMs() + forMs, life });
  }
}
