import * as z from 'zod';

const port = z.number().int().min(0).max(65_535);
const host = z.union([z.ipv4(), z.ipv6()]);

export const listenerSchema = z.strictObject({
  protocol: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
  /** Only this machine unless told otherwise. */
  host: host.default('127.0.0.1'),
  port: port.default(0),
  /** The address told to others, for example in front of a NAT. */
  advertised: z
    .string()
    .regex(/^[\w.:-]+$/)
    .optional(),
});

/** What whoever starts the edge decides. */
export const optionsSchema = z.strictObject({
  control: z.strictObject({
    host: host.default('127.0.0.1'),
    port: port.default(0),
    /** At least 16 characters; it becomes a token of the control protocol. */
    secret: z.string().regex(/^[\w\-.~]{16,256}$/, 'may hold letters, digits, "_", "-", "." and "~" only, 16 to 256 of them'),
  }),
  listeners: z.array(listenerSchema).min(1),
  tls: z.strictObject({ keyFile: z.string(), certificateFile: z.string() }).optional(),
  /** Whether peers to which we connect over TLS must have a valid certificate. */
  verifyPeers: z.boolean().default(true),
  /** Imitates what an application has to live with on drachtio-server; for tests. */
  strict: z.boolean().default(false),
  limits: z
    .strictObject({
      connectionsPerSource: z.number().int().positive().default(200),
      transactionsPerSource: z.number().int().positive().default(2_000),
      /** For a message to come whole, and for a first one on a connection. */
      messageMs: z.number().int().positive().default(10_000),
      idleMs: z.number().int().positive().default(3_600_000),
    })
    .prefault({}),
  /** Name servers, `address[:port]`; those of the machine by default. */
  nameServers: z.array(z.string()).optional(),
  timers: z
    .strictObject({
      t1Ms: z.number().int().positive().default(500),
      t2Ms: z.number().int().positive().default(4_000),
      t4Ms: z.number().int().positive().default(5_000),
    })
    .prefault({}),
  log: z.enum(['error', 'warn', 'info', 'debug']).default('warn'),
});

export type EdgeOptions = z.output<typeof optionsSchema>;
export type EdgeOptionsInput = z.input<typeof optionsSchema>;
