import * as z from 'zod';
import { secret } from '../runtime/config-schema.ts';

/** Letters that may stand in a key of Redis without meaning anything there. */
export const meshIdSchema = z
  .string()
  .min(1)
  .max(32)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'may hold lower-case letters, digits and "-" only');

/** Which mesh this server belongs to, and where the other servers reach it without Redis. */
export const meshConfigSchema = z.strictObject({
  id: meshIdSchema.describe('Name of the mesh; separates several on one Redis.'),
  password: secret(z.string().min(16).max(256)).describe(
    'Secret of the mesh, the same on all its servers; signs what they tell each other.',
  ),
  host: z.string().min(1).max(255).describe('Address this server listens on for the other servers; never behind a proxy.'),
  port: z.number().int().min(0).max(65_535).default(7_100).describe('Port for the other servers (0: any free one).'),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('How the others reach it; default: from host, port and tls.'),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe('File with the certificate for the mesh address (PEM).'),
      key: z.string().min(1).describe('File with its key (PEM).'),
      ca: z
        .string()
        .min(1)
        .optional()
        .describe('File with the certificates by which the others are trusted (PEM); default: those of the system.'),
    })
    .optional()
    .describe('Present = the mesh address speaks HTTPS.'),
});
export type MeshConfig = z.infer<typeof meshConfigSchema>;
