/** What nothing is known of. */
export const unknownType = 'application/octet-stream';

/** How many bytes from the beginning {@link mediaTypeOf} looks at. */
export const sniffedBytes = 64;

type Signature = readonly [type: string, offset: number, bytes: string];

/** Kinds that are told by their first bytes, written in Latin-1. */
const signatures: readonly Signature[] = [
  ['image/png', 0, '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', 0, '\xff\xd8\xff'],
  ['image/gif', 0, 'GIF87a'],
  ['image/gif', 0, 'GIF89a'],
  ['image/webp', 8, 'WEBP'],
  ['image/avif', 4, 'ftypavif'],
  ['image/tiff', 0, 'II*\0'],
  ['image/tiff', 0, 'MM\0*'],
  ['image/bmp', 0, 'BM'],
  ['application/pdf', 0, '%PDF-'],
  ['application/zip', 0, 'PK\x03\x04'],
  ['application/gzip', 0, '\x1f\x8b\x08'],
  ['application/x-7z-compressed', 0, '7z\xbc\xaf\x27\x1c'],
  ['audio/mpeg', 0, 'ID3'],
  ['audio/ogg', 0, 'OggS'],
  ['audio/flac', 0, 'fLaC'],
  ['audio/wav', 8, 'WAVE'],
  ['video/mp4', 4, 'ftyp'],
  ['video/webm', 0, '\x1aE\xdf\xa3'],
];

/** Kinds that previews are made of; SVG is not among them, because to draw one is to run what a stranger wrote. */
const pictures: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/tiff']);

/**
 * The kind of a file by its content, whatever its name says. Only kinds that no browser runs are told; all text, HTML and
 * SVG with it, is of no known kind.
 */
export function mediaTypeOf(beginning: Uint8Array): string {
  const text = Buffer.from(beginning).toString('latin1');
  return signatures.find(([, offset, bytes]) => text.startsWith(bytes, offset))?.[0] ?? unknownType;
}

/** Whether previews can be made of this kind. */
export function isPicture(mediaType: string): boolean {
  return pictures.has(mediaType);
}

/** Whether a file is a picture that previews are made of, going by its name alone: good enough to get ready for it. */
export function looksLikePicture(name: string): boolean {
  return /\.(?:avif|gif|jpe?g|png|webp)$/iu.test(name);
}
