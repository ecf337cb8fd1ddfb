import type { EntryBodies } from '#shared/protocol/chat.ts';
import { change, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';
import type { StoredEntry } from './commit-plan.ts';

interface FileReference {
  readonly fileId: string;
  readonly conversationId: string;
  readonly seq: number;
}

const insertReference = statement<FileReference>((db, param) =>
  db
    .insertInto('file_references')
    .values({ file_id: param('fileId'), conversation_id: param('conversationId'), seq: param('seq') }),
);

/** Whoever deletes a file takes its row first too, and then looks for references: one of both sees what the other has done. */
const lockFile = statement<{ id: string }>((db, param) =>
  db
    .updateTable('files')
    .set((eb) => ({ look_at: eb.ref('look_at') }))
    .where('id', '=', param('id')),
);

const readFileId = statement<{ id: string }, { id: string }>((db, param) =>
  db.selectFrom('files').select('id').where('id', '=', param('id')),
);

/**
 * Part of the commit: writes down which messages refer to files, because who may have a file follows from that.
 *
 * @returns files that are gone, to which nothing can refer any more; their messages are stored all the same.
 */
export function* referToFiles(queries: Queries, inserts: readonly StoredEntry[]): Steps<string[]> {
  const references = inserts.flatMap(referencesOf);
  if (references.length === 0) return [];
  // Always in the order of ids, so that two batches never wait for each other.
  const files = [...new Set(references.map(({ fileId }) => fileId))].sort().map((id) => ({ id }));
  yield* change(queries.bindEach(lockFile, files));
  const there = new Set((yield* rows(queries.bindEach(readFileId, files))).map(({ id }) => id));
  const kept = references.filter(({ fileId }) => there.has(fileId));
  if (kept.length > 0) yield* change(queries.bindEach(insertReference, kept));
  return files.map(({ id }) => id).filter((id) => !there.has(id));
}

function referencesOf({ conversationId, seq, kind, body }: StoredEntry): FileReference[] {
  // Looking for the name first spares almost all messages the parsing.
  if (kind !== 'message' || !body.includes('"files":')) return [];
  const { files = [] } = JSON.parse(body) as Partial<EntryBodies['message']>;
  return [...new Set(files.map(({ fileId }) => fileId))].map((fileId) => ({ fileId, conversationId, seq }));
}
