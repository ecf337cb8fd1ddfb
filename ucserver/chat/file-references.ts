import type { EntryBodies } from '#shared/protocol/chat.ts';
import { change, type Steps } from '#ucserver/database/procedure.ts';
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

/** Part of the commit: writes down which messages refer to files, because who may have a file follows from that. */
export function* referToFiles(queries: Queries, inserts: readonly StoredEntry[]): Steps<void> {
  const references = inserts.flatMap(referencesOf);
  if (references.length > 0) yield* change(queries.bindEach(insertReference, references));
}

function referencesOf({ conversationId, seq, kind, body }: StoredEntry): FileReference[] {
  // Looking for the name first spares almost all messages the parsing.
  if (kind !== 'message' || !body.includes('"files":')) return [];
  const { files = [] } = JSON.parse(body) as Partial<EntryBodies['message']>;
  return [...new Set(files.map(({ fileId }) => fileId))].map((fileId) => ({ fileId, conversationId, seq }));
}
