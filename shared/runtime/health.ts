import type { Clock } from './clock.ts';

export type HealthState = 'up' | 'away';

/** How something the server depends on is doing. */
export interface HealthEntry {
  readonly state: HealthState;
  /** Since when, milliseconds since 1970 (UTC). */
  readonly sinceMs: number;
  /** Why it is away, for an operator; never a secret. */
  readonly detail?: string;
  /** Whether the server can do nothing useful without it. */
  readonly needed: boolean;
}

export interface HealthReport {
  /** False while something needed is away: a load balancer should send nobody here. */
  readonly ready: boolean;
  readonly dependencies: Readonly<Record<string, HealthEntry>>;
}

/** By this a provider reports on what it watches. */
export interface HealthReporter {
  up(): void;
  away(detail: string): void;
}

export type HealthListener = (name: string, entry: HealthEntry) => void;

/** Collects how the dependencies of one server are doing, for `/readyz`, the log and whoever listens. */
export class Health {
  readonly #clock: Clock;
  readonly #entries = new Map<string, HealthEntry>();
  readonly #listeners = new Set<HealthListener>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Adds something to watch. It counts as away until it is reported up.
   *
   * @param options.needed Default false: a server goes on without Redis and without SQL.
   * @throws Error when the name is taken.
   */
  register(name: string, { needed = false }: { readonly needed?: boolean } = {}): HealthReporter {
    if (this.#entries.has(name)) throw new Error(`The health of "${name}" is reported already`);
    this.#entries.set(name, { state: 'away', sinceMs: this.#clock.wallMs(), detail: 'not heard of yet', needed });
    return {
      up: () => this.#report(name, { state: 'up' }),
      away: (detail) => this.#report(name, { state: 'away', detail }),
    };
  }

  report(): HealthReport {
    const entries = [...this.#entries];
    return {
      ready: entries.every(([, { state, needed }]) => state === 'up' || !needed),
      dependencies: Object.fromEntries(entries),
    };
  }

  /** Calls the listener at each change between up and away; answers a function that ends this. */
  listen(listener: HealthListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #report(name: string, now: Pick<HealthEntry, 'state' | 'detail'>): void {
    const before = this.#entries.get(name);
    if (!before) return;
    const changed = before.state !== now.state;
    const entry: HealthEntry = { ...now, needed: before.needed, sinceMs: changed ? this.#clock.wallMs() : before.sinceMs };
    this.#entries.set(name, entry);
    if (changed) for (const listener of [...this.#listeners]) listener(name, entry);
  }
}
