import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { FileId } from '#shared/ids.ts';

/** SHA-256 of a content, hexadecimal; it is the content's name. */
export const contentHashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<'ContentHash'>();
export type ContentHash = z.infer<typeof contentHashSchema>;

/** Widest and highest that previews are, in pixels. */
export const previewPixels = { small: 320, large: 1_280 } as const;
export type PreviewSize = keyof typeof previewPixels;

/** A content itself, or a preview of it. */
export interface StoredName {
  readonly hash: ContentHash;
  readonly preview?: PreviewSize;
}

/** Names an upload in the store: nothing that a client wrote gets there. */
export type UploadName = string & z.$brand<'UploadName'>;

export function uploadName(fileId: FileId): UploadName {
  return createHash('sha256').update(fileId).digest('hex').slice(0, 40) as UploadName;
}

/** An upload of which this process is the only one who writes. Not to be used by two callers at once. */
export interface HeldUpload {
  /** Bytes that are safe on disk. */
  readonly length: number;
  /**
   * Adds bytes at the end. When the source fails, what came before is kept, and the failure is thrown.
   * @returns the new length, when all of it is safe on disk.
   */
  append(chunks: AsyncIterable<Uint8Array>): Promise<number>;
  /** Puts what there is into the store, once for all that is the same; may be repeated. */
  commit(): Promise<ContentHash>;
  /** Deletes what is left of the upload. */
  discard(): Promise<void>;
  /** Lets others write. */
  release(): Promise<void>;
}

/**
 * Where bytes are kept, for all servers. Whatever cannot be done because the store is away, full, or another one than it should
 * be is thrown as `UCError` `STORAGE_UNAVAILABLE`.
 */
export interface FileStore {
  /**
   * Takes an upload for writing. A holder that is alive is waited for a moment; then, and when it is dead, what it has
   * written is taken over, and whatever it still writes changes nothing.
   */
  hold(upload: UploadName): Promise<HeldUpload>;
  /** Bytes of what is stored, from `first` to `last`; `undefined` when it is not there. */
  read(name: StoredName, first: number, last: number): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Bytes that are there; `undefined`: it is not there. */
  size(name: StoredName): Promise<number | undefined>;
  /** Keeps a preview; the same again changes nothing. */
  putPreview(hash: ContentHash, size: PreviewSize, bytes: Uint8Array): Promise<void>;
  /** Takes a content away; it can still be brought back. */
  setAside(hash: ContentHash): Promise<void>;
  /**
   * Deletes what was set aside, but brings back what is wanted. As that is asked when nobody can find the content, whoever stores
   * the same meanwhile either finds it gone and brings it again, or is found to want it.
   */
  clear(isWanted: (hash: ContentHash) => Promise<boolean>): Promise<void>;
}
