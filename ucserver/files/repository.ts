import { type FileId, fileIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import { type Database, statement } from '#ucserver/database/index.ts';
import { type ContentHash, contentHashSchema } from './file-store.ts';
import { type FileLook, type FileRow, type FinishedUpload, fileProcedures, type NewUpload, readFile } from './procedures.ts';

/** A file, or an upload that is to become one. */
export interface FileRecord {
  readonly id: FileId;
  readonly owner: UserId;
  readonly name: string;
  /** Bytes that it has, or will have. */
  readonly size: number;
  /** Missing: it is an upload. */
  readonly stored: StoredFile | undefined;
}

export interface StoredFile {
  readonly hash: ContentHash;
  readonly mediaType: string;
  /** Of a picture that has previews, in pixels. */
  readonly picture: { readonly width: number; readonly height: number } | undefined;
}

export type ScanState = 'scanning' | 'clean' | 'refused';

/** What looking at files whose time has come has brought. */
export interface Looked {
  /** Uploads that were never finished; their bytes must go before their rows. */
  readonly unfinished: readonly FileId[];
  /** Files that were deleted. */
  readonly deleted: number;
  /** There may be more that are due. */
  readonly more: boolean;
}

export interface NewFile {
  readonly id: FileId;
  readonly owner: UserId;
  readonly name: string;
  readonly size: number;
}

const readShared = statement<{ id: string; reader: string }, { seq: number }>((db, param, queries) =>
  queries.limit(
    1,
    db
      .selectFrom('file_references as r')
      .innerJoin('entries as e', (join) => join.onRef('e.conversation_id', '=', 'r.conversation_id').onRef('e.seq', '=', 'r.seq'))
      .innerJoin('conversation_members as m', 'm.conversation_id', 'r.conversation_id')
      .select('r.seq')
      .where('r.file_id', '=', param('id'))
      .where('m.user_id', '=', param('reader'))
      .where('e.body', '<>', '{}')
      .whereRef('r.seq', '>=', 'm.visible_from')
      .where(({ eb, or, ref }) => or([eb('m.left_seq', 'is', null), eb('r.seq', '<=', ref('m.left_seq'))]))
      .orderBy('r.seq'),
  ),
);

const readScan = statement<{ hash: string }, { scan_state: string }>((db, param) =>
  db.selectFrom('file_contents').select('scan_state').where('content_hash', '=', param('hash')),
);

/** Contents that are deleted at once. */
const mostDoomed = 50;

/** What is kept of files in SQL. Everything it throws is what {@link Database} throws. */
export class FileRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Id of the store that belongs to this database, if there is one. */
  async storeId(): Promise<string | undefined> {
    const query = this.#database.queries.db.selectFrom('file_store').select('store_id').where('id', '=', 1);
    const [row] = await this.#database.read(query);
    return row?.store_id;
  }

  /** @returns the id in force, which is another one when it was said before. */
  establishStore(storeId: string, at: number): Promise<string> {
    return this.#database.run(fileProcedures.establishStore, { storeId, at });
  }

  /** @throws UCError `ID_CONFLICT`, `QUOTA_EXCEEDED`, `RATE_LIMITED`. */
  async begin(file: NewFile, limits: Omit<NewUpload, 'id' | 'ownerId' | 'name' | 'size'>): Promise<FileRecord> {
    const { owner: ownerId, ...rest } = file;
    return toRecord(await this.#database.run(fileProcedures.begin, { ...rest, ownerId, ...limits }));
  }

  async find(id: FileId): Promise<FileRecord | undefined> {
    const [row] = await this.#database.read(this.#database.queries.bind(readFile, { id }));
    return row && toRecord(row);
  }

  async finish(finished: FinishedUpload): Promise<FileRecord | undefined> {
    const row = await this.#database.run(fileProcedures.finish, finished);
    return row && toRecord(row);
  }

  /** Keeps files from being deleted before then, ms since 1970. @returns those that are there. */
  async keep(ids: readonly FileId[], lookAt: number): Promise<FileRecord[]> {
    return (await this.#database.run(fileProcedures.keep, { ids, lookAt })).map(toRecord);
  }

  /** @returns `false`: a message refers to it. */
  remove(id: FileId, at: number): Promise<boolean> {
    return this.#database.run(fileProcedures.remove, { id, at });
  }

  /** Deletes the row of an upload that has not gone on by then. @returns whether it is gone. */
  removeUnfinished(id: FileId, at: number): Promise<boolean> {
    return this.#database.run(fileProcedures.removeUnfinished, { id, at });
  }

  /** Looks at some files whose time has come. */
  async look(look: FileLook): Promise<Looked> {
    const { unfinished, ...rest } = await this.#database.run(fileProcedures.look, look);
    return { ...rest, unfinished: unfinished.map((id) => fileIdSchema.parse(id)) };
  }

  /** Some contents that no file has had since then. */
  async doomedContents(before: number): Promise<ContentHash[]> {
    const { queries } = this.#database;
    const doomed = queries.db
      .selectFrom('file_contents')
      .select('content_hash')
      .where('doomed_at', '<', before)
      .orderBy('doomed_at');
    const found = await this.#database.read<{ content_hash: string }>(queries.limit(mostDoomed, doomed));
    return found.map(({ content_hash }) => contentHashSchema.parse(content_hash));
  }

  /** Forgets some contents that no file has had since then. @returns which. */
  async forgetContents(before: number): Promise<ContentHash[]> {
    const forgotten = await this.#database.run(fileProcedures.forgetContents, { before });
    return forgotten.map((hash) => contentHashSchema.parse(hash));
  }

  async takeScans(before: number, at: number): Promise<ContentHash[]> {
    const taken = await this.#database.run(fileProcedures.takeScans, { before, at });
    return taken.map((hash) => contentHashSchema.parse(hash));
  }

  scanned(hash: ContentHash, state: 'clean' | 'refused', at: number): Promise<void> {
    return this.#database.run(fileProcedures.scanned, { hash, state, at });
  }

  /** `undefined`: no file has this content. */
  async scanState(hash: ContentHash): Promise<ScanState | undefined> {
    const [row] = await this.#database.read(this.#database.queries.bind(readScan, { hash }));
    return row?.scan_state as ScanState | undefined;
  }

  /** Whether a message that this person may read refers to the file. */
  async isShared(id: FileId, reader: UserId): Promise<boolean> {
    const found = await this.#database.read(this.#database.queries.bind(readShared, { id, reader }));
    return found.length > 0;
  }

  /** Bytes that all files and uploads of a person take together. */
  async usedBytes(owner: UserId): Promise<number> {
    const query = this.#database.queries.db
      .selectFrom('files')
      .select((eb) => eb.fn.sum<number>('size_bytes').as('bytes'))
      .where('owner_id', '=', owner);
    const [row] = await this.#database.read(query);
    return Number(row?.bytes ?? 0);
  }
}

function toRecord({ id, owner_id, name, size_bytes, content_hash, media_type, width, height }: FileRow): FileRecord {
  const stored = content_hash !== null && media_type !== null ? { hash: content_hash, mediaType: media_type } : undefined;
  return {
    id: fileIdSchema.parse(id),
    owner: userIdSchema.parse(owner_id),
    name,
    size: Number(size_bytes),
    stored: stored && {
      hash: contentHashSchema.parse(stored.hash),
      mediaType: stored.mediaType,
      picture: width === null || height === null ? undefined : { width, height },
    },
  };
}
