import * as z from 'zod';
import { type ErrorCode, errorCodes, type WireError } from './errors.ts';

export { subprotocol, wireLimits } from './wire-limits.ts';

/** A request as it travels; `id` is chosen by the client and unique among its unanswered requests. */
export const requestSchema = z.strictObject({
  id: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  method: z.string().min(1).max(64),
  params: z.unknown().optional(),
});
export type Request = z.infer<typeof requestSchema>;

const errorCodeSchema = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]);

/** An error as it travels; tolerant, so that an older client understands a newer server. */
export const wireErrorSchema: z.ZodType<WireError> = z.object({
  code: errorCodeSchema.catch('INTERNAL'),
  message: z.string(),
  field: z.string().optional(),
  retryable: z.boolean(),
  retryAfterMs: z.number().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: WireError };

/**
 * What the server sends: answers one by one, events joined: all events of one event-loop turn travel in one message
 * `{"events":[{"event":"presence.changed", …}, …]}`.
 */
export type ServerMessage = Answer | { readonly events: readonly WireEvent[] };

/** One event: its name beside its fields. */
export interface WireEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}
