import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { Incarnation } from '#shared/ids.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { LocationMap } from './location-map.ts';
import type { LocationStore } from './store.ts';

const batchSize = 200;
const lookEveryMs = 200;
const renewEveryMs = 60_000;

export interface LocationWriterOptions {
  readonly cluster: Cluster;
  readonly store: LocationStore;
  readonly map: LocationMap;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes Redis say what is at the edge of this server: changes within 200 ms, everything after Redis came back or another one answers. */
export class LocationWriter {
  readonly #options: LocationWriterOptions;
  /** Devices of which Redis may not hold what is true. */
  readonly #unwritten = new Set<string>();
  /** A life of this server that is over, and of which nothing shall stay. */
  #before: Incarnation | undefined;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;

  constructor(options: LocationWriterOptions) {
    this.#options = options;
  }

  start(): Unsubscribe {
    const { cluster, clock } = this.#options;
    const look = clock.every(lookEveryMs, () => this.#run());
    const renew = clock.every(renewEveryMs, () => this.#run(true));
    const stopBack = cluster.onRedisBack(() => {
      for (const [deviceId] of this.#options.map.versionsOf(cluster.self)) this.#unwritten.add(deviceId);
      this.#run();
    });
    return () => {
      look.stop();
      renew.stop();
      stopBack();
    };
  }

  /** Writes what is still to be written, if Redis is there. */
  async stop(): Promise<void> {
    await this.#running;
    this.#run();
    await this.#running;
  }

  /** This device has changed. */
  write(deviceId: string): void {
    this.#unwritten.add(deviceId);
  }

  /** All stands under another life now. */
  moved(now: Incarnation, before: Incarnation): void {
    this.#before = before;
    for (const [deviceId] of this.#options.map.versionsOf(now)) this.#unwritten.add(deviceId);
  }

  #run(renews = false): void {
    const { cluster, map } = this.#options;
    const hasDevices = map.digest(cluster.self).count > 0;
    const nothing = this.#unwritten.size === 0 && this.#before === undefined && !(renews && hasDevices);
    if (this.#isRunning || nothing || cluster.redis.state !== 'up' || !cluster.mayWrite) return;
    this.#isRunning = true;
    this.#running = this.#write(renews && hasDevices).finally(() => {
      this.#isRunning = false;
    });
  }

  async #write(renews: boolean): Promise<void> {
    const { cluster, store, map, logger } = this.#options;
    try {
      if (this.#before !== undefined) await store.remove(this.#before);
      this.#before = undefined;
      if (renews) await store.write(cluster.self, []);
      while (this.#unwritten.size > 0) {
        const { self } = cluster;
        const batch = [...this.#unwritten].slice(0, batchSize);
        for (const deviceId of batch) this.#unwritten.delete(deviceId);
        try {
          await store.write(
            self,
            batch.map((deviceId) => [deviceId, map.at(self, deviceId)]),
          );
        } catch (error) {
          for (const deviceId of batch) this.#unwritten.add(deviceId);
          throw error;
        }
      }
    } catch (error) {
      // It goes on when Redis is back.
      if (!(error instanceof RedisUnavailable)) logger.error('Locations were not written', { error });
    }
  }
}
