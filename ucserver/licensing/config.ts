import * as z from 'zod';
import { issuerKeySchema } from './licence.ts';

/** Licences. */
export const licensingConfigSchema = z.strictObject({
  issuer: issuerKeySchema
    .optional()
    .describe(
      'Public key of who issues licences for this company (Ed25519, Base64url). Without it no licence is looked at, and nothing is limited.',
    ),
});
export type LicensingConfig = z.infer<typeof licensingConfigSchema>;
