import * as z from 'zod';
import { defineEvent } from '../contract.ts';

/** That tokens made before a moment are void. Item of the re-sync section `auth.revocations`. */
export const revocationSchema = z.object({
  id: z.string(),
  userId: z.string().brand<'UserId'>(),
  /** null: all devices of the user. */
  deviceId: z.string().brand<'DeviceId'>().nullable(),
  /** Milliseconds since 1970. */
  revokedAt: z.number(),
  /** When the last token it concerns has ended anyway. */
  obsoleteAt: z.number(),
});
export type Revocation = z.infer<typeof revocationSchema>;

export const authRevoked = defineEvent('auth.revoked', z.object({ revocations: z.array(revocationSchema) }), {
  meaning: 'Devices were signed out: their tokens are void and their sessions end at once, before SQL says so too.',
});

export const authContracts = [authRevoked];
