import { isIP } from 'node:net';
import * as z from 'zod';

/** `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`. */
const networkSchema = z.string().refine(isNetwork, 'must be an address or a network such as 10.0.0.0/8');

function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** `https://uc.example.com`, `https://*.example.com`, or `*` for every page. */
const originSchema = z
  .string()
  .regex(
    /^(\*|https?:\/\/(\*\.)?[a-z0-9.-]+(:\d{1,5})?)$/,
    'must be an origin such as https://uc.example.com or https://*.example.com, or *',
  );

const milliseconds = z.number().int().min(1_000);

/** The address for clients. */
export const httpConfigSchema = z.strictObject({
  host: z.string().min(1).max(255).default('0.0.0.0').describe('Address this server listens on for clients.'),
  port: z.number().int().min(0).max(65_535).default(8_080).describe('Port for clients (0: any free one).'),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'How clients reach this server, and only this one; default: from host, port and tls. Behind a proxy it must be set.',
    ),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe('File with the certificate and its chain (PEM); read anew when it changes.'),
      key: z.string().min(1).describe('File with its key (PEM).'),
    })
    .optional()
    .describe('Present = this server speaks HTTPS itself; else a proxy should.'),
  trustedProxies: z.array(networkSchema).max(100).default([]).describe('Addresses of proxies whose forwardedHeader is believed.'),
  forwardedHeader: z
    .enum(['X-Forwarded-For', 'Forwarded'])
    .default('X-Forwarded-For')
    .describe('Header in which the trusted proxies name the client (Forwarded: RFC 7239); the other one is ignored.'),
  origins: z
    .array(originSchema)
    .max(100)
    .default([])
    .describe('Pages that may connect beside those of the servers themselves; one wildcard domain saves telling each server.'),
  metricsFrom: z
    .array(networkSchema)
    .max(100)
    .default(['127.0.0.0/8', '::1'])
    .describe('Who may read /metrics, directly: never through a proxy.'),
  webFolder: z.string().optional().describe('Folder with the built web client; default: dist/web of this installation.'),
  authPerMinute: z
    .number()
    .int()
    .min(1)
    .default(300)
    .describe('Requests to sign in or refresh that one address may make per minute.'),
  keepAliveMs: milliseconds.default(65_000).describe('How long an idle connection is kept (ms); longer than the proxy keeps it.'),
  requestMs: milliseconds.default(30_000).describe('How long a client may take to send a request (ms).'),
});
export type HttpConfig = z.infer<typeof httpConfigSchema>;
