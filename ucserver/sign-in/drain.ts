import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { ServerId, UserId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { AttachedConnections } from './attached-connections.ts';
import type { Departure } from './departure.ts';
import type { Redirection } from './redirection.ts';
import { selectServer } from './server-selector.ts';

const stepMs = 100;
const fewestPerStep = 20;
/** Of the time given, this part is planned; the rest is for steps that take longer. */
const plannedPart = 0.7;

export interface DrainOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly attached: AttachedConnections;
  readonly redirection: Redirection;
  readonly departure: Departure;
  readonly homeOf: (userId: UserId) => ServerId | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Empties this server: users go to other servers with all that is known of them, their clients are told where. */
export class Drain {
  readonly #options: DrainOptions;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** @param spreadMs over how long people are sent away. @param withinMs after which the rest is told to go anywhere. */
  async run(spreadMs: number, withinMs: number): Promise<void> {
    const { sessions, attached, clock, logger } = this.#options;
    const endMs = clock.monotonicMs() + withinMs;
    const steps = Math.max(1, (Math.min(spreadMs, withinMs) * plannedPart) / stepMs);
    const perStep = Math.max(fewestPerStep, Math.ceil((sessions.userCount + attached.size) / steps));
    const failed = new Set<ServerId>();
    logger.info('Draining', { users: sessions.userCount, attached: attached.size, perStep });
    while (sessions.userCount + attached.size > 0) {
      const { byTarget, homeless } = this.#plan(first(sessions.users(), perStep), failed);
      this.#sendAttached(perStep, failed);
      const moved = await this.#options.departure.moveAll(byTarget, 'draining');
      for (const server of moved.failed) failed.add(server);
      if ((homeless && byTarget.size === 0) || clock.monotonicMs() + stepMs > endMs) break;
      if (sessions.userCount + attached.size > 0) await new Promise<void>((resolve) => void clock.after(stepMs, resolve));
    }
    await this.#endRest();
  }

  #plan(userIds: readonly UserId[], failed: ReadonlySet<ServerId>): { byTarget: Map<ServerId, UserId[]>; homeless: boolean } {
    const byTarget = new Map<ServerId, UserId[]>();
    let homeless = false;
    for (const userId of userIds) {
      const target = this.#target(userId, failed);
      if (target === undefined) homeless = true;
      else byTarget.set(target, [...(byTarget.get(target) ?? []), userId]);
    }
    return { byTarget, homeless };
  }

  #target(userId: UserId, failed: ReadonlySet<ServerId>): ServerId | undefined {
    const { cluster, redirection, homeOf, random } = this.#options;
    const choice = selectServer({
      ...{ self: cluster.self.serverId, places: redirection.places(), home: homeOf(userId), owner: undefined, hop: 0, random },
      unreachable: failed,
      sentLately: (server) => redirection.sentLately(server),
    });
    return choice.kind === 'redirect' ? choice.to : undefined;
  }

  /** Connections that are served for other owners just need another server. */
  #sendAttached(most: number, failed: ReadonlySet<ServerId>): void {
    const { attached, redirection } = this.#options;
    for (const { userId, link } of first(attached.all(), most)) {
      const target = this.#target(userId, failed);
      const event = target === undefined ? undefined : redirection.event(userId, target, 'draining');
      if (event) link.push(event);
      link.close(event ? 'redirected' : 'goingAway');
    }
  }

  /** Nobody took them: their clients look for a server themselves, and whoever gets them takes them. */
  async #endRest(): Promise<void> {
    const { sessions, attached, ownership, logger } = this.#options;
    if (sessions.userCount > 0) logger.warn('People are left without another server', { users: sessions.userCount });
    for (const session of [...sessions.all()]) session.end('goingAway');
    for (const { link } of [...attached.all()]) link.close('goingAway');
    const outcomes = await Promise.allSettled([...ownership.owned()].map((userId) => ownership.release(userId)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') logger.error('A user could not be released', { error: outcome.reason });
    }
  }
}

function first<T>(items: Iterable<T>, most: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= most) break;
    taken.push(item);
  }
  return taken;
}
