import * as z from 'zod';
import type { Incarnation } from '#shared/ids.ts';
import { incarnationId } from '#shared/ids.ts';
import type { RedisConnection } from '#shared/redis/connection.ts';
import type { Keys } from '#shared/redis/keys.ts';
import type { RecordSigner } from '#shared/redis/records.ts';

const heldSchema = z.record(z.string(), z.object({ seats: z.number(), inUse: z.number() }));

/** What a server holds and uses of each feature. */
export type HeldSeats = z.infer<typeof heldSchema>;

/** What the servers tell of their seats in Redis: for whom to ask first, never for what may be given. Throws `RedisUnavailable`. */
export class SeatBoard {
  readonly #redis: RedisConnection;
  readonly #signer: RecordSigner;
  readonly #key: string;

  constructor({ redis, signer, keys }: { redis: RedisConnection; signer: RecordSigner; keys: Keys }) {
    this.#redis = redis;
    this.#signer = signer;
    this.#key = keys.licenceSeats();
  }

  async publish(holder: Incarnation, held: HeldSeats): Promise<void> {
    const id = incarnationId(holder);
    await this.#redis.use((client) => client.hset(this.#key, id, this.#signer.sign(`${this.#key}/${id}`, held)));
  }

  async remove(holder: Incarnation): Promise<void> {
    await this.#redis.use((client) => client.hdel(this.#key, incarnationId(holder)));
  }

  /** By text form of the incarnation. */
  async read(): Promise<Map<string, HeldSeats>> {
    const all = await this.#redis.use((client) => client.hgetall(this.#key));
    const held = new Map<string, HeldSeats>();
    for (const [id, record] of Object.entries(all)) {
      const found = this.#signer.verify(`${this.#key}/${id}`, heldSchema, record);
      if (found !== undefined) held.set(id, found);
    }
    return held;
  }
}
