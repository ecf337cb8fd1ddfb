import * as z from 'zod';

/** Settings that phones fetch by themselves. */
export const provisioningConfigSchema = z
  .strictObject({
    addressHours: z
      .number()
      .int()
      .min(1)
      .max(168)
      .default(24)
      .describe('How long an address from which a phone fetches its settings can be begun, in hours.'),
    useMinutes: z
      .number()
      .int()
      .min(1)
      .max(60)
      .default(10)
      .describe('How long after the first time it can be used again, because phones fetch more than once, in minutes.'),
    perMinute: z
      .number()
      .int()
      .min(1)
      .default(60)
      .describe('Requests for settings that one address may make per minute; a site may share one.'),
    prefer: z
      .array(z.enum(['tls', 'tcp', 'udp']))
      .min(1)
      .default(['tls', 'tcp', 'udp'])
      .describe('Over what phones are told to register: the first of these for which a server listens.'),
  })
  .prefault({});
export type ProvisioningConfig = z.infer<typeof provisioningConfigSchema>;
