import * as z from 'zod';
import { secret } from '../runtime/config-schema.ts';

const host = z.string().min(1).max(255);
const port = z.number().int().min(1).max(65_535);

/** How to reach Redis. Give `host` (and `port`), or `sentinels` and `sentinelName`. */
export const redisConfigSchema = z
  .strictObject({
    host: host.optional().describe('Host of a plain Redis.'),
    port: port.default(6379).describe('Port of a plain Redis.'),
    username: z.string().min(1).optional().describe('ACL user; without it the password of the default user is meant.'),
    password: secret(z.string().min(1)).optional().describe('Password of Redis.'),
    database: z.number().int().min(0).max(1_000).default(0).describe('Number of the database.'),
    tls: z
      .strictObject({
        ca: z.string().min(1).optional().describe('File with the certificates to trust (PEM); default: those of the system.'),
        cert: z.string().min(1).optional().describe('File with our certificate (PEM), if Redis asks for one.'),
        key: z.string().min(1).optional().describe('File with the key of our certificate (PEM).'),
        serverName: z.string().min(1).optional().describe('Name the certificate of Redis must bear; default: the host.'),
      })
      .optional()
      .describe('Present (may be empty) = Redis and Sentinel are reached over TLS.'),
    sentinels: z
      .array(z.strictObject({ host, port: port.default(26_379) }))
      .min(1)
      .optional()
      .describe('Addresses of the Sentinels.'),
    sentinelName: z.string().min(1).optional().describe('Name under which the Sentinels watch Redis.'),
    sentinelUsername: z.string().min(1).optional().describe('ACL user of the Sentinels.'),
    sentinelPassword: secret(z.string().min(1)).optional().describe('Password of the Sentinels.'),
  })
  .superRefine((config, context) => {
    if ((config.host === undefined) === (config.sentinels === undefined)) {
      context.addIssue({ code: 'custom', path: ['host'], message: 'give either host or sentinels' });
    }
    if ((config.sentinels === undefined) !== (config.sentinelName === undefined)) {
      context.addIssue({ code: 'custom', path: ['sentinelName'], message: 'sentinels and sentinelName belong together' });
    }
    if ((config.tls?.cert === undefined) !== (config.tls?.key === undefined)) {
      context.addIssue({ code: 'custom', path: ['tls', 'key'], message: 'cert and key belong together' });
    }
  });
export type RedisConfig = z.infer<typeof redisConfigSchema>;
