import { createHash, createPublicKey, verify } from 'node:crypto';
import * as z from 'zod';
import { UCError } from '#shared/protocol/errors.ts';

/** Public key of a device: JWK of an ECDSA P-256 key; its private half never leaves the device. */
export const deviceKeySchema = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() });
export type DeviceKey = z.infer<typeof deviceKeySchema>;

/** RFC 7638: SHA-256 over the required members in the order of their names. */
export function thumbprint({ crv, kty, x, y }: DeviceKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

/** @throws UCError `BAD_REQUEST` when it is no point of the curve. */
export function checkDeviceKey(key: DeviceKey): void {
  try {
    createPublicKey({ key: { ...key }, format: 'jwk' });
  } catch (cause) {
    throw new UCError('BAD_REQUEST', 'The key is no public key on P-256.', { field: 'key', cause });
  }
}

/** Whether `signature` (base64url, IEEE P1363) over `text` was made by the private half of `key`. */
export function provesKey(key: DeviceKey, text: string, signature: string): boolean {
  const publicKey = createPublicKey({ key: { ...key }, format: 'jwk' });
  return verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
}
