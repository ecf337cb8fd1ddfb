import { UCError } from '#shared/protocol/errors.ts';
import { maxPictureBytes } from '#shared/protocol/http.ts';

export type PictureType = 'image/png' | 'image/jpeg' | 'image/webp';

export interface Picture {
  readonly mediaType: PictureType;
  readonly bytes: Uint8Array;
  readonly version: number;
}

function startsWith(bytes: Uint8Array, signature: readonly number[], at = 0): boolean {
  return signature.every((byte, index) => bytes[at + index] === byte);
}

/** What the bytes are, whatever their sender says: a page that calls itself a picture must not be served. */
function typeOf(bytes: Uint8Array): PictureType | undefined {
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'image/png';
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'image/jpeg';
  // "RIFF", four bytes of length, "WEBP".
  if (startsWith(bytes, [0x52, 0x49, 0x46, 0x46]) && startsWith(bytes, [0x57, 0x45, 0x42, 0x50], 8)) return 'image/webp';
  return undefined;
}

/** @throws UCError TOO_LARGE, BAD_REQUEST */
export function checkPicture(bytes: Uint8Array): PictureType {
  if (bytes.length > maxPictureBytes) throw new UCError('TOO_LARGE', `A picture may have at most ${maxPictureBytes} bytes.`);
  const type = typeOf(bytes);
  if (type === undefined) throw new UCError('BAD_REQUEST', 'A picture must be PNG, JPEG or WebP.', { field: 'body' });
  return type;
}
