import * as z from 'zod';

/**
 * Identifiers, branded so that one kind cannot be passed for another. All are opaque: nothing may be read out of one except
 * by the functions of this file.
 */
const opaqueId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/, 'may hold letters, digits, "_" and "-" only');

export const userIdSchema = opaqueId.brand<'UserId'>();
export const groupIdSchema = opaqueId.brand<'GroupId'>();
export const sessionIdSchema = opaqueId.brand<'SessionId'>();
export const deviceIdSchema = opaqueId.brand<'DeviceId'>();
export const conversationIdSchema = opaqueId.brand<'ConversationId'>();
/** Made by the client, best with `timeOrderedId`; the same entry sent again carries the same id. */
export const entryIdSchema = opaqueId.brand<'EntryId'>();
/** Made by the client that uploads the file, best with `timeOrderedId`. */
export const fileIdSchema = opaqueId.brand<'FileId'>();
/** Joins all legs of one scenario: it stays through transfers and when another server takes the call over. */
export const callIdSchema = opaqueId.brand<'CallId'>();
export const legIdSchema = opaqueId.brand<'LegId'>();
/** Made by the client for every request that changes something, so that it can be repeated safely. */
export const actIdSchema = opaqueId.brand<'ActId'>();
/** Given by the operator in the configuration: lower-case letters, digits and "-". */
export const serverIdSchema = z
  .string()
  .min(1)
  .max(32)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'may hold lower-case letters, digits and "-" only')
  .brand<'ServerId'>();

export type UserId = z.infer<typeof userIdSchema>;
export type GroupId = z.infer<typeof groupIdSchema>;
export type SessionId = z.infer<typeof sessionIdSchema>;
export type DeviceId = z.infer<typeof deviceIdSchema>;
export type ConversationId = z.infer<typeof conversationIdSchema>;
export type EntryId = z.infer<typeof entryIdSchema>;
export type FileId = z.infer<typeof fileIdSchema>;
export type CallId = z.infer<typeof callIdSchema>;
export type LegId = z.infer<typeof legIdSchema>;
export type ActId = z.infer<typeof actIdSchema>;
export type ServerId = z.infer<typeof serverIdSchema>;

/** A server in one of its lives; `life` grows with every start. Written `serverId:life`. */
export interface Incarnation {
  readonly serverId: ServerId;
  readonly life: number;
}

/** The text form of an incarnation: what stands in keys, channels and envelopes. */
export type IncarnationId = string & z.$brand<'IncarnationId'>;

export const incarnationIdSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,32}:\d{1,16}$/)
  .brand<'IncarnationId'>();

export function incarnationId({ serverId, life }: Incarnation): IncarnationId {
  return `${serverId}:${life}` as IncarnationId;
}

/** @throws z.ZodError when the text is not an incarnation. */
export function parseIncarnation(text: string): Incarnation {
  const id = incarnationIdSchema.parse(text);
  const colon = id.lastIndexOf(':');
  return { serverId: serverIdSchema.parse(id.slice(0, colon)), life: Number(id.slice(colon + 1)) };
}

export { randomId, timeOrderedId } from './random-id.ts';
