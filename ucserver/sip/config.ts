import * as z from 'zod';
import { secret } from '#shared/runtime/config-schema.ts';

const listener = z.strictObject({
  protocol: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']).describe('How phones talk to it.'),
  host: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 or :: for all.'),
  port: z.number().int().min(0).max(65_535).default(5060).describe('Port; 0 takes any free one.'),
  advertised: z
    .string()
    .regex(/^[\w.:-]+$/)
    .optional()
    .describe('Address told to others, where it is not the one listened on, for example in front of a NAT.'),
});

/** Phones, by a SIP edge of our own or a drachtio-server. */
export const sipConfigSchema = z
  .strictObject({
    listeners: z
      .array(listener)
      .default([])
      .describe('Where the SIP edge of this server listens; empty: none is started, and this server has no phones.'),
    tls: z
      .strictObject({
        keyFile: z.string().min(1).describe('File with the key (PEM) of the tls and wss listeners.'),
        certificateFile: z
          .string()
          .min(1)
          .describe('File with their certificate and its chain (PEM); read anew when it changes.'),
      })
      .optional()
      .describe('Needed by listeners of tls and wss.'),
    registerSeconds: z
      .number()
      .int()
      .min(60)
      .max(3_600)
      .default(120)
      .describe('After how long phones must register again at the latest, in s: so long one may be lost whose server died.'),
    between: z
      .enum(['tcp', 'udp', 'tls'])
      .optional()
      .describe('How other servers pass calls to this one; default: the first of tcp, udp and tls that it listens for.'),
    verifyPeers: z.boolean().default(true).describe('Whether whom we call over TLS must have a valid certificate.'),
    drachtio: z
      .strictObject({
        host: z.string().min(1).describe('Where its administration port is; keep that away from everybody else.'),
        port: z.number().int().min(1).max(65_535).default(9022).describe('Its administration port.'),
        secret: secret(z.string().min(1)).describe('Its shared secret.'),
      })
      .optional()
      .describe('A drachtio-server to use instead of an edge of our own; its listeners stand in its own configuration.'),
  })
  .superRefine(({ listeners, tls, drachtio }, context) => {
    if (drachtio !== undefined && listeners.length > 0)
      context.addIssue({ code: 'custom', path: ['listeners'], message: 'belong to the drachtio-server when there is one' });
    if (tls === undefined && listeners.some(({ protocol }) => protocol === 'tls' || protocol === 'wss'))
      context.addIssue({ code: 'custom', path: ['tls'], message: 'is needed by listeners of tls and wss' });
  })
  .prefault({});
export type SipConfig = z.infer<typeof sipConfigSchema>;
