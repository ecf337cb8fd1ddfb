import * as z from 'zod';
import { actIdSchema } from '../ids.ts';
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

export const phoneMethods = {
  'phones.list': {
    about: 'The SIP devices of the user, oldest first. Their secrets are not told again.',
    params: z.strictObject({}),
    result: z.object({ devices: z.array(sipDeviceSchema) }),
  },
  'phones.create': {
    about:
      'Makes a SIP device with a secret of its own, at most 20 for a user. The device registers with `id` as user name and as user of its address; ' +
      '`secret` is told by this answer only (the same act repeated answers the same).',
    act: true,
    params: z.strictObject({ actId: actIdSchema, name: text(1, 100) }),
    result: z.object({ device: sipDeviceSchema, realm: z.string(), secret: z.string() }),
  },
  'phones.revoke': {
    about: 'Takes a SIP device away: it cannot register any more, and where it was registered is forgotten.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, id: sipDeviceIdSchema }),
    result: z.object({}),
  },
} as const satisfies Methods;
