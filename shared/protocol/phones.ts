import * as z from 'zod';
import { actIdSchema, serverIdSchema } from '../ids.ts';
import type { Methods } from './methods.ts';
import { text, timestamp } from './text.ts';

/** Names a SIP device; it is also the name with which the device registers. */
export const sipDeviceIdSchema = z.string().regex(/^[a-z0-9]{1,64}$/, 'may hold small letters and digits only');

/** A phone of a user as its owner sees it. */
export const sipDeviceSchema = z.object({
  id: sipDeviceIdSchema,
  name: text(1, 100),
  createdAt: timestamp,
});
export type SipDevice = z.infer<typeof sipDeviceSchema>;

/** That a device is registered at a server. */
export const sipRegistrationSchema = z.object({
  serverId: serverIdSchema,
  /** Since when without interruption. */
  since: timestamp,
  /** As the phone names itself. */
  userAgent: z.string().optional(),
  /** `udp`, `tcp`, `tls`, `ws` or `wss`. */
  protocol: z.string(),
});
export type SipRegistration = z.infer<typeof sipRegistrationSchema>;

/** Phones that can fetch their settings by themselves. */
export const phoneFamilies = ['yealink', 'snom'] as const;

/** From where a phone fetches its settings, with its secret. */
export const provisioningSchema = z.object({
  /** By family. Whoever has such an address has the secret. */
  urls: z.record(z.enum(phoneFamilies), z.url()),
  /** Until when it can be begun; some minutes after the first time it ends too. */
  until: timestamp,
});
export type Provisioning = z.infer<typeof provisioningSchema>;

/** Where phones register by hand: the first, and where to go when it does not answer. */
export const sipRegistrarSchema = z.object({
  protocol: z.enum(['udp', 'tcp', 'tls']),
  host: z.string(),
  port: z.int().min(1).max(65_535),
});
export type SipRegistrar = z.infer<typeof sipRegistrarSchema>;

const deviceWithSecretSchema = z.object({
  device: sipDeviceSchema,
  realm: z.string(),
  secret: z.string(),
  /** Best first; empty while no server takes phones. */
  registrars: z.array(sipRegistrarSchema),
  /** Absent where the server is not reached by HTTPS. */
  provisioning: provisioningSchema.optional(),
});

export const phoneMethods = {
  'phones.list': {
    about:
      'The SIP devices of the user, oldest first, with the servers where they are registered now. Their secrets are not told again.',
    params: z.strictObject({}),
    result: z.object({
      devices: z.array(sipDeviceSchema.extend({ registrations: z.array(sipRegistrationSchema) })),
    }),
  },
  'phones.create': {
    about:
      'Makes a SIP device with a secret of its own, at most 20 for a user. The device registers with `id` as user name and as user of its address; ' +
      '`secret` is told by this answer only; the same act repeated may give the device a new one. ' +
      '`provisioning` tells from where a phone fetches settings and secret by itself.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, name: text(1, 100) }),
    result: deviceWithSecretSchema,
  },
  'phones.renewSecret': {
    about: 'Gives a SIP device a new secret, told by this answer only; with the old one it cannot register any more.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, id: sipDeviceIdSchema }),
    result: deviceWithSecretSchema,
  },
  'phones.revoke': {
    about: 'Takes a SIP device away: it cannot register any more, and where it was registered is forgotten.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, id: sipDeviceIdSchema }),
    result: z.object({}),
  },
} as const satisfies Methods;
