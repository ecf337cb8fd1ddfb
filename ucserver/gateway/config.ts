import * as z from 'zod';
import { wireLimits } from '#shared/protocol/wire-limits.ts';

const milliseconds = z.number().int().min(1);

/** Limits of the WebSocket side. */
export const gatewayConfigSchema = z.strictObject({
  messagesPerSecond: z.number().int().min(1).default(50).describe('Messages a connection may send per second in the long run.'),
  messageBurst: z.number().int().min(1).default(500).describe('Messages a connection may send at once after a pause.'),
  unansweredRequests: z
    .number()
    .int()
    .min(1)
    .default(256)
    .describe('Requests of one connection that may wait for their answers.'),
  connections: z.number().int().min(1).default(20_000).describe('Connections this server takes.'),
  connectionsPerAddress: z
    .number()
    .int()
    .min(1)
    .default(1_000)
    .describe('Connections from one address; offices behind one address need room, and proxies must be listed as trusted.'),
  openWithinMs: milliseconds.default(wireLimits.openWithinMs).describe('Time a new connection has to open its session (ms).'),
  silentAfterMs: milliseconds.default(8_000).describe('A connection of which nothing was heard for this long is closed (ms).'),
  lostForMs: milliseconds
    .default(8_000)
    .describe('How long the session of a lost connection waits for its device to come back (ms).'),
  slowForMs: milliseconds.default(20_000).describe('How long a client may leave what it is sent unread (ms).'),
  slowBytes: z
    .number()
    .int()
    .min(1_024)
    .default(4_194_304)
    .describe('How much may wait for a client that does not keep up, about (bytes).'),
  closeWithinMs: milliseconds.default(3_000).describe('Time a client has to answer the closing of its connection (ms).'),
});
export type GatewayConfig = z.infer<typeof gatewayConfigSchema>;
