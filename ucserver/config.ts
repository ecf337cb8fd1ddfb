import * as z from 'zod';
import { serverIdSchema } from '#shared/ids.ts';
import { meshConfigSchema } from '#shared/mesh/config.ts';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { defineConfig } from '#shared/runtime/config.ts';
import { logLevels } from '#shared/runtime/logger.ts';
import { authConfigSchema } from './auth/index.ts';
import { callsConfigSchema } from './calls/index.ts';
import { chatConfigSchema } from './chat/index.ts';
import { databaseConfigSchema } from './database/index.ts';
import { filesConfigSchema } from './files/index.ts';
import { gatewayConfigSchema } from './gateway/index.ts';
import { httpConfigSchema } from './http/index.ts';
import { journalConfigSchema } from './journal/index.ts';
import { licensingConfigSchema } from './licensing/index.ts';
import { outboxConfigSchema } from './outbox/index.ts';
import { ownershipConfigSchema } from './ownership/index.ts';
import { presenceConfigSchema } from './presence/index.ts';
import { provisioningConfigSchema } from './provisioning/index.ts';
import { signInConfigSchema } from './sign-in/index.ts';
import { sipConfigSchema } from './sip/index.ts';

const serverSchema = z.strictObject({
  id: serverIdSchema.describe('Name of this server, unique in the mesh; it stays the same for ever.'),
  site: z.string().max(64).default('').describe('Where it stands; calls prefer media servers of the same site.'),
  dataFolder: z.string().min(1).describe('Folder of this server alone: snapshots and spool.'),
});

const logSchema = z.strictObject({
  level: z.enum(logLevels).default('info').describe('Least severity that is written.'),
  format: z
    .enum(['json', 'text'])
    .default('json')
    .describe('json: one object a line, for machines; text: for a person at a terminal.'),
});

/** The whole configuration of a UCServer: each section belongs to the part that uses it. */
export const configSchema = defineConfig({
  server: serverSchema.describe('This server.'),
  http: httpConfigSchema.describe('Where clients reach it.'),
  mesh: meshConfigSchema.describe('Which mesh it belongs to, and where the other servers reach it.'),
  redis: redisConfigSchema.describe('The Redis that the servers share.'),
  database: databaseConfigSchema.describe('The SQL database that the servers share.'),
  gateway: gatewayConfigSchema.describe('Limits of client connections.'),
  auth: authConfigSchema.describe('Passwords and tokens.'),
  licensing: licensingConfigSchema.describe('Licences; without one nothing is limited.'),
  ownership: ownershipConfigSchema.describe('Which server serves which user.'),
  signIn: signInConfigSchema.describe('Where people are signed in, and when they move.'),
  presence: presenceConfigSchema.describe('Presence.'),
  chat: chatConfigSchema.describe('Chat.'),
  files: filesConfigSchema.describe('Files that people exchange.'),
  sip: sipConfigSchema.describe('Phones.'),
  provisioning: provisioningConfigSchema.describe('Settings that phones fetch by themselves.'),
  calls: callsConfigSchema.describe('Calls between phones.'),
  journal: journalConfigSchema.describe('The journal of calls.'),
  outbox: outboxConfigSchema.describe('What is accepted while the database is away.'),
  log: logSchema.describe('The log.'),
});
export type Config = z.infer<typeof configSchema>;
