import * as z from 'zod';
import { incarnationIdSchema, serverIdSchema } from '../ids.ts';
import type { MeshKeys } from '../mesh/mesh-keys.ts';

/** What a server tells of itself with every heartbeat. */
export const memberRecordSchema = z.object({
  serverId: serverIdSchema,
  life: z.number().int().positive(),
  /** Rises with every heartbeat; a record with a lower one is old and ignored. */
  beat: z.number().int().nonnegative(),
  /** Where clients connect, for example `https://uc1.example.com`. */
  url: z.string().max(512),
  /** Where other servers reach this one without Redis, for example `http://10.0.0.1:7100`. */
  meshUrl: z.string().max(512),
  site: z.string().max(64),
  version: z.string().max(64),
  /** Signed-in users it owns. */
  users: z.number().nonnegative(),
  connections: z.number().nonnegative(),
  /** Users over capacity. */
  fill: z.number().nonnegative(),
  /** Takes no new users and is going away. */
  draining: z.boolean(),
  /** Takes no new users now. */
  full: z.boolean(),
  /** Where its SIP edge listens, what it prefers for calls from other servers first; absent while there is none. */
  sip: z
    .array(
      z.object({
        protocol: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
        host: z.string().min(1).max(255),
        port: z.number().int().min(1).max(65_535),
      }),
    )
    .max(20)
    .readonly()
    .optional(),
  /** How many calls it has on each trunk, and when the newest began that may give way to an emergency call (ms since 1970). */
  lines: z.record(z.string().max(32), z.object({ calls: z.int().min(0), newestAt: z.number().optional() })).optional(),
});
export type MemberRecord = z.infer<typeof memberRecordSchema>;

/** An incarnation that is dead for good. */
export const tombstoneSchema = z.object({
  incarnation: incarnationIdSchema,
  by: incarnationIdSchema,
  reason: z.enum(['silent', 'refused', 'restarted', 'stopped']),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;

/**
 * Signs the Redis records on which other servers act, so that who has only the Redis password can neither make one nor move
 * one to another place.
 */
export class RecordSigner {
  readonly #keys: MeshKeys;

  constructor(keys: MeshKeys) {
    this.#keys = keys;
  }

  /** @param place the key, with the field if it is a hash: the record is valid there only. */
  sign(place: string, record: unknown): string {
    const json = JSON.stringify(record);
    return `${this.#keys.mac('record', `${place}\n${json}`)}.${json}`;
  }

  /** The record, or `undefined` when it was not signed by this mesh for this place or does not fit the (tolerant) schema. */
  verify<T>(place: string, schema: z.ZodType<T>, text: string): T | undefined {
    const dot = text.indexOf('.');
    const json = text.slice(dot + 1);
    if (dot < 0 || !this.#keys.proves('record', `${place}\n${json}`, text.slice(0, dot))) return undefined;
    return schema.safeParse(JSON.parse(json)).data;
  }
}
