import * as z from 'zod';
import { userIdSchema } from '../../ids.ts';
import { defineEvent } from '../contract.ts';

const port = z.number().int().min(1).max(65_535);

/** One way to a device over the edge on which it registered. */
export const deviceBindingSchema = z.object({
  /** URI of its Contact. */
  contact: z.string().min(1).max(1_000),
  /** `+sip.instance` and `reg-id` (RFC 5626) of a device with several flows. */
  flow: z.object({ instance: z.string().max(200), regId: z.number().int().positive() }).optional(),
  /** Route of requests to it, the nearest hop first (RFC 3327). */
  path: z.array(z.string().max(4_000)).max(10),
  /** `udp`, or how its connection runs; on a drachtio-server a WebSocket is `tcp` too. */
  protocol: z.string().max(8),
  /** From where its REGISTER came. */
  source: z.object({ host: z.string().max(64), port }),
  /** Since when it is registered without interruption, in ms since 1970. */
  since: z.number().int().min(0),
  userAgent: z.string().max(200).optional(),
});
export type DeviceBinding = z.infer<typeof deviceBindingSchema>;

/** Where a device is reached over the server that tells it; without bindings: nowhere any more. */
export const deviceRecordSchema = z.object({
  deviceId: z.string().min(1).max(64),
  userId: userIdSchema,
  /** Time in ms, the higher wins; rises with every change of this device on this server. */
  version: z.number().int().min(0),
  bindings: z.array(deviceBindingSchema).max(20),
});
export type DeviceRecord = z.infer<typeof deviceRecordSchema>;

export const locationChanges = defineEvent('phones.locations', z.object({ changes: z.array(deviceRecordSchema) }), {
  meaning: 'SIP devices have come to the edge of the sender, moved there or gone; the higher version wins on every server.',
});

export const locationDigest = defineEvent('phones.location-digest', z.object({ count: z.number(), hash: z.number() }), {
  meaning:
    'Count and hash of all devices at the edge of the sender, every 5 s; who holds something else of the sender reads its locations again.',
});

export const phoneContracts = [locationChanges, locationDigest] as const;
