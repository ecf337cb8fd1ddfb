import { Counter, Gauge, type Registry } from 'prom-client';

export interface PresenceCounts {
  readonly owned: number;
  readonly watched: number;
  readonly watches: number;
  readonly interests: number;
  readonly unsaved: number;
}

export interface PresenceMetrics {
  /** Users owned here changed. */
  changed(users: number): void;
  /** Watched users were registered anew because this server and their owner knew different things. */
  repaired(buckets: number): void;
}

const gauges: readonly (readonly [key: keyof PresenceCounts, name: string, help: string])[] = [
  ['watched', 'ucmesh_presence_watched_users', 'Users whom sessions of this server watch.'],
  ['watches', 'ucmesh_presence_watches', 'Pairs of a session of this server and a user it watches.'],
  ['interests', 'ucmesh_presence_interests', 'Pairs of another server and a user owned here whom it watches.'],
  ['unsaved', 'ucmesh_presence_unsaved_users', 'Users whose state or note is not in the database yet.'],
];

export function createMetrics(registry: Registry, counts: () => PresenceCounts): PresenceMetrics {
  const registers = [registry];
  for (const [key, name, help] of gauges) {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(counts()[key]);
      },
    });
  }
  const changes = new Counter({
    ...{ name: 'ucmesh_presence_changes_total', help: 'Changes of users owned here, bursts counted once.', registers },
  });
  const repairs = new Counter({
    ...{ name: 'ucmesh_presence_repairs_total', help: 'Differences to owners that a digest has found.', registers },
  });
  return { changed: (users) => changes.inc(users), repaired: (buckets) => repairs.inc(buckets) };
}
