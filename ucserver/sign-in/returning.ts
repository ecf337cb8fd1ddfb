import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type IncarnationId, incarnationId, type UserId } from '#shared/ids.ts';
import { peopleReturning } from '#shared/mesh/contracts/session.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { Listeners, type Ownership } from '#ucserver/ownership/index.ts';
import type { Absence } from './absence.ts';
import type { ReturnQueue } from './return-queue.ts';

const lookEveryMs = 100;
/** A server is suspected when nothing was heard of it for this long … */
const suspectedAfterMs = 1_500;
/** … and known to be dead this long after its end at the latest. */
const knownAfterMs = 2_600;
const sayEveryMs = 1_000;
/** What another server said of its queue counts this long. */
const heardForMs = 2_500;

export interface ReturningOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly absence: Absence;
  readonly returns: ReturnQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Follows the people of dead servers until they are back or given up. */
export class Returning {
  readonly stale: Listeners<[readonly UserId[]]>;
  readonly gone: Listeners<[readonly UserId[], number]>;
  readonly #options: ReturningOptions;
  /** Servers where returning people wait, and when they said so (monotonic ms). */
  readonly #queues = new Map<IncarnationId, number>();
  /** Suspected servers, and when (monotonic ms) they were heard last. */
  readonly #silent = new Map<IncarnationId, number>();
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReturningOptions) {
    this.#options = options;
    this.stale = new Listeners('users stale', options.logger);
    this.gone = new Listeners('users gone', options.logger);
  }

  start(): Unsubscribe {
    const { cluster, ownership, absence, clock } = this.#options;
    const stops = [
      ownership.onOwnerDied((users, owner) => {
        const agoMs = this.#deadForMs(incarnationId(owner));
        absence.died(users, clock.monotonicMs() - agoMs, clock.wallMs() - agoMs);
        this.stale.call(users);
      }),
      cluster.members.onChanged(({ incarnation, suspected }) => {
        const id = incarnationId(incarnation);
        if (!suspected) this.#silent.delete(id);
        else if (!this.#silent.has(id)) this.#silent.set(id, clock.monotonicMs() - suspectedAfterMs);
      }),
      ownership.onChange(({ userId, owner }) => {
        if (owner) absence.back(userId);
      }),
      cluster.mesh.on(peopleReturning, ({ waiting }, from) => {
        if (waiting) this.#queues.set(incarnationId(from), clock.monotonicMs());
        else this.#queues.delete(incarnationId(from));
      }),
    ];
    const look = clock.every(lookEveryMs, () => this.#look());
    return () => {
      look.stop();
      for (const stop of stops) stop();
    };
  }

  /** For how long a server that was found dead just now has been dead, about. */
  #deadForMs(id: IncarnationId): number {
    const heardMs = this.#silent.get(id);
    this.#silent.delete(id);
    // It may have been suspected long before it died, because it was cut off or our own bus was down.
    return heardMs === undefined ? 0 : Math.min(knownAfterMs, this.#options.clock.monotonicMs() - heardMs);
  }

  #look(): void {
    const { cluster, absence, returns, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const isBusy = returns.isBusy(nowMs);
    if (isBusy && nowMs - this.#saidAtMs >= sayEveryMs) {
      this.#saidAtMs = nowMs;
      cluster.mesh.broadcast(peopleReturning, { waiting: true });
    }
    for (const [server, atMs] of this.#queues) if (nowMs - atMs > heardForMs) this.#queues.delete(server);
    for (const { users, sinceMs } of absence.givenUp(nowMs, isBusy || this.#queues.size > 0)) this.gone.call(users, sinceMs);
  }
}
