import type { FileRef } from '#shared/protocol/files.ts';
import type { FileRecord, StoredFile } from './repository.ts';

/** A file as messages refer to it. */
export function toFileRef({ id, name, size }: FileRecord, { mediaType, picture }: StoredFile): FileRef {
  return { fileId: id, name, size, type: mediaType, ...picture };
}
