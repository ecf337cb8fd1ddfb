import * as z from 'zod';
import { type Incarnation, incarnationId } from '#shared/ids.ts';
import { type DeviceRecord, deviceRecordSchema } from '#shared/mesh/contracts/phones.ts';
import type { RedisConnection } from '#shared/redis/connection.ts';
import type { Keys } from '#shared/redis/keys.ts';
import type { RecordSigner } from '#shared/redis/records.ts';
import { defineScript } from '#shared/redis/script.ts';

/** How long locations stand after their server wrote last: as long as a phone may take to register again, and some more. */
export const locationsStayMs = 300_000;

const writeScript = defineScript({
  ...{ file: new URL('./lua/write-locations.lua', import.meta.url), keys: ['locations'], changes: true },
  args: ['changes', 'expiryMs'],
  reply: z.number(),
});

/** The index of locations in Redis: what a server leaves to its next life. Throws `RedisUnavailable`. */
export class LocationStore {
  readonly #redis: RedisConnection;
  readonly #signer: RecordSigner;
  readonly #keys: Keys;

  constructor({ redis, signer, keys }: { redis: RedisConnection; signer: RecordSigner; keys: Keys }) {
    this.#redis = redis;
    this.#signer = signer;
    this.#keys = keys;
  }

  /** Writes where these devices are; those without a record are removed. With none it keeps the others from expiring. */
  async write(host: Incarnation, devices: readonly (readonly [string, DeviceRecord | undefined])[]): Promise<void> {
    const key = this.#keys.locations(incarnationId(host));
    const changes = devices.map(([deviceId, record]) => [deviceId, record === undefined ? '' : this.#signed(key, record)]);
    await this.#redis.run(writeScript, { locations: key }, { changes: JSON.stringify(changes), expiryMs: locationsStayMs });
  }

  async read(host: Incarnation): Promise<DeviceRecord[]> {
    const key = this.#keys.locations(incarnationId(host));
    const all = await this.#redis.use((client) => client.hgetall(key));
    return Object.entries(all).flatMap(
      ([deviceId, text]) => this.#signer.verify(`${key}/${deviceId}`, deviceRecordSchema, text) ?? [],
    );
  }

  async remove(host: Incarnation): Promise<void> {
    await this.#redis.use((client) => client.del(this.#keys.locations(incarnationId(host))));
  }

  #signed(key: string, { deviceId, userId, version, bindings }: DeviceRecord): string {
    return this.#signer.sign(`${key}/${deviceId}`, { deviceId, userId, version, bindings });
  }
}
