import * as z from 'zod';
import { e164Schema } from '#ucserver/dialing/index.ts';

export const trunkIdSchema = z.string().regex(/^[a-z0-9-]{1,32}$/, 'Must be 1 to 32 of a-z, 0-9 and -.');

const hostSchema = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[a-zA-Z0-9.-]{1,253})$/, 'Must be a host name or an IP address.');

const peerSchema = z.strictObject({
  host: hostSchema.describe('Name or address. A name without port is looked up by SRV records (RFC 3263).'),
  port: z.int().min(1).max(65_535).optional(),
  transport: z.enum(['udp', 'tcp', 'tls']).default('udp'),
});
export type TrunkPeer = z.infer<typeof peerSchema>;

/** A line to a provider or to another telephone system. */
export const trunkSchema = z
  .strictObject({
    id: trunkIdSchema,
    name: z.string().min(1).max(100),
    enabled: z.boolean().default(true),
    peers: z.array(peerSchema).min(1).max(8).describe('Where calls are sent; the next is taken when one does not answer.'),
    domain: hostSchema
      .optional()
      .describe('Domain of From and To, where the provider wants its own; default: the host of the peer.'),
    userName: z.string().min(1).max(100).optional().describe('For digest authentication and registration.'),
    registers: z.boolean().default(false).describe('Registers at the first peer that answers, so that calls come in.'),
    registerSeconds: z.int().min(60).max(7_200).default(600),
    sources: z
      .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
      .max(100)
      .default([])
      .describe('Addresses from which calls come, beside those from which the peers have answered.'),
    site: z
      .string()
      .max(32)
      .optional()
      .describe('Site whose calls prefer this trunk, and by whose rules numbers that come in are read.'),
    priority: z.int().min(0).max(1_000).default(100).describe('Lower ones are taken first.'),
    lines: z.int().min(1).max(10_000).default(30).describe('Most calls at a time, over all servers.'),
    numbers: z
      .enum(['e164', 'digits', 'international'])
      .default('e164')
      .describe('How the other side writes numbers: +4930…, 4930… or 004930….'),
    callerId: z
      .enum(['person', 'site', 'trunk'])
      .default('person')
      .describe('What those see who are called: the number of the person (else of the site), of the site, or of the trunk.'),
    number: e164Schema.optional().describe('The number of the trunk itself.'),
    probeSeconds: z.int().min(5).max(600).default(30).describe('How often OPTIONS asks whether the peers are there.'),
  })
  .refine(({ registers, userName }) => !registers || userName !== undefined, {
    message: 'Must be there when the trunk registers.',
    path: ['userName'],
  })
  .refine(({ callerId, number }) => callerId !== 'trunk' || number !== undefined, {
    message: 'Must be there when callers are shown with it.',
    path: ['number'],
  });
export type Trunk = z.infer<typeof trunkSchema>;

/** A trunk with what it proves itself with. */
export interface KnownTrunk extends Trunk {
  readonly password: string | undefined;
}

/** A number as the other side writes it. @param e164 with +; other numbers (emergency) stay as they are */
export function writtenFor({ numbers }: Pick<Trunk, 'numbers'>, e164: string): string {
  if (!e164.startsWith('+')) return e164;
  if (numbers === 'e164') return e164;
  return numbers === 'digits' ? e164.slice(1) : `00${e164.slice(1)}`;
}

/** Request-URI of a number, or of the peer itself. */
export function peerUri({ host, port, transport }: TrunkPeer, user?: string): string {
  const at = user === undefined ? '' : `${encodeURIComponent(user).replaceAll('%2B', '+')}@`;
  return `sip:${at}${host}${port === undefined ? '' : `:${port}`}${transport === 'udp' ? '' : `;transport=${transport}`}`;
}
