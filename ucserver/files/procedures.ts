import { UCError } from '#shared/protocol/errors.ts';
// The worker thread imports this module, so it takes the few files it needs and not the whole database with its drivers.
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';
import type { FileTable } from '#ucserver/database/tables/files.ts';

export type FileRow = Pick<
  FileTable,
  'id' | 'owner_id' | 'name' | 'size_bytes' | 'state' | 'content_hash' | 'media_type' | 'width' | 'height'
>;

export interface NewUpload {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
  readonly size: number;
  readonly at: number;
  readonly lookAt: number;
  readonly quotaBytes: number;
  readonly openUploads: number;
  readonly uploadsPerMinute: number;
}

export interface FinishedUpload {
  readonly id: string;
  readonly hash: string;
  readonly mediaType: string;
  readonly width: number | null;
  readonly height: number | null;
  /** What the scan of a new content begins with. */
  readonly scanState: 'scanning' | 'clean';
  readonly at: number;
  readonly lookAt: number;
}

/** A look at files whose time has come, all in ms since 1970. */
export interface FileLook {
  readonly at: number;
  /** When those that are kept are looked at again. */
  readonly lookAt: number;
  /** What was uploaded before goes, whoever refers to it. */
  readonly oldest: number;
}

/** Looks at this many rows in one transaction. */
const mostLooked = 50;
const minuteMs = 60_000;
/** When to try again, ms: an upload may have been finished; a minute may have passed for the oldest of the latest uploads. */
const openRetryMs = 5_000;
const minuteRetryMs = 10_000;

export const readFile = statement<{ id: string }, FileRow>((db, param) =>
  db
    .selectFrom('files')
    .select(['id', 'owner_id', 'name', 'size_bytes', 'state', 'content_hash', 'media_type', 'width', 'height'])
    .where('id', '=', param('id')),
);

const lookLater = statement<{ id: string; lookAt: number }>((db, param) =>
  db
    .updateTable('files')
    .set({ look_at: param('lookAt') })
    .where('id', '=', param('id')),
);

/**
 * Takes the row of a file until the transaction ends, as a commit does whose message refers to the file: what is read of references
 * afterwards stays so.
 */
const lockFile = statement<{ id: string }>((db, param) =>
  db
    .updateTable('files')
    .set((eb) => ({ look_at: eb.ref('look_at') }))
    .where('id', '=', param('id')),
);

/** The same for a file whose time has come, which is looked at again then. Changes nothing if somebody has kept it meanwhile. */
const takeDue = statement<{ id: string; at: number; lookAt: number }>((db, param) =>
  db
    .updateTable('files')
    .set({ look_at: param('lookAt') })
    .where('id', '=', param('id'))
    .where('look_at', '<', param('at')),
);

/** Messages that refer to a file and say something still. */
const readReference = statement<{ id: string }, { seq: number }>((db, param, queries) =>
  queries.limit(
    1,
    db
      .selectFrom('file_references as r')
      .innerJoin('entries as e', (join) => join.onRef('e.conversation_id', '=', 'r.conversation_id').onRef('e.seq', '=', 'r.seq'))
      .select('r.seq')
      .where('r.file_id', '=', param('id'))
      .where('e.body', '<>', '{}')
      .orderBy('r.seq'),
  ),
);

const deleteReferences = statement<{ id: string }>((db, param) =>
  db.deleteFrom('file_references').where('file_id', '=', param('id')),
);

const deleteFile = statement<{ id: string }>((db, param) => db.deleteFrom('files').where('id', '=', param('id')));

const readSameContent = statement<{ hash: string }, { id: string }>((db, param, queries) =>
  queries.limit(1, db.selectFrom('files').select('id').where('content_hash', '=', param('hash')).orderBy('id')),
);

const doom = statement<{ hash: string; at: number | null }>((db, param) =>
  db
    .updateTable('file_contents')
    .set({ doomed_at: param('at') })
    .where('content_hash', '=', param('hash')),
);

export const fileProcedures = procedureSet('files', import.meta.url, {
  /** Says which store belongs to this database, unless that was said before. Answers its id. */
  *establishStore({ db }: Queries, { storeId, at }: { storeId: string; at: number }): Steps<string> {
    const known = yield* first(db.selectFrom('file_store').select('store_id').where('id', '=', 1));
    if (known !== undefined) return known.store_id;
    yield* change(db.insertInto('file_store').values({ id: 1, store_id: storeId, created_at: at }));
    return storeId;
  },

  /** Begins an upload; the same again changes nothing. @throws UCError `ID_CONFLICT`, `QUOTA_EXCEEDED`, `RATE_LIMITED`. */
  *begin(queries: Queries, upload: NewUpload): Steps<FileRow> {
    const { id, ownerId, name, size, at, lookAt } = upload;
    const { db } = queries;
    // One upload of a person begins at a time, so that two never find the same room. On SQLite there is only one writer anyway.
    if (queries.engine === 'mssql') {
      const owner = db.updateTable('users').set((eb) => ({ locked: eb.ref('locked') }));
      yield* change(owner.where('id', '=', ownerId));
    }
    const known = yield* first(queries.bind(readFile, { id }));
    if (known !== undefined) {
      if (known.owner_id === ownerId && known.name === name && Number(known.size_bytes) === size) return known;
      throw new UCError('ID_CONFLICT', undefined, { field: 'fileId' });
    }
    yield* checkRoom(queries, upload);
    const empty = { content_hash: null, media_type: null, width: null, height: null };
    const row = { id, owner_id: ownerId, name, size_bytes: size, state: 'uploading', ...empty };
    yield* change(db.insertInto('files').values({ ...row, created_at: at, look_at: lookAt }));
    return row;
  },

  /** Makes a file of an upload. `undefined` when there is none; what was stored before stays as it is. */
  *finish(
    queries: Queries,
    { id, hash, mediaType, width, height, scanState, at, lookAt }: FinishedUpload,
  ): Steps<FileRow | undefined> {
    const { db } = queries;
    yield* change(queries.bind(lockFile, { id }));
    const known = yield* first(queries.bind(readFile, { id }));
    if (known === undefined || known.state === 'stored') return known;
    if ((yield* change(queries.bind(doom, { hash, at: null }))) === 0) {
      const content = { content_hash: hash, size_bytes: known.size_bytes, scan_state: scanState, scan_at: at, doomed_at: null };
      yield* change(db.insertInto('file_contents').values(content));
    }
    const stored = { state: 'stored', content_hash: hash, media_type: mediaType, width, height };
    yield* change(
      db
        .updateTable('files')
        .set({ ...stored, look_at: lookAt })
        .where('id', '=', id),
    );
    return { ...known, ...stored };
  },

  /** Keeps files from being deleted before then. Answers those that are there. */
  *keep(queries: Queries, { ids, lookAt }: { ids: readonly string[]; lookAt: number }): Steps<FileRow[]> {
    const kept = ids.map((id) => ({ id, lookAt }));
    yield* change(queries.bindEach(lookLater, kept));
    return yield* rows(queries.bindEach(readFile, kept));
  },

  /** Deletes a file unless a message refers to it. Answers whether it is gone. */
  *remove(queries: Queries, { id, at }: { id: string; at: number }): Steps<boolean> {
    yield* change(queries.bind(lockFile, { id }));
    if ((yield* first(queries.bind(readReference, { id }))) !== undefined) return false;
    yield* forget(queries, id, at);
    return true;
  },

  /** Deletes the row of an upload unless it has gone on meanwhile, or has become a file. Answers whether it is gone. */
  *removeUnfinished({ db }: Queries, { id, at }: { id: string; at: number }): Steps<boolean> {
    const upload = db.deleteFrom('files').where('id', '=', id).where('state', '=', 'uploading').where('look_at', '<', at);
    return (yield* change(upload)) > 0;
  },

  /**
   * Looks at some files whose time has come: those that a message refers to are looked at again later, unless they are too old;
   * others are deleted.
   * Uploads that were never finished are only answered, because their bytes must go first.
   */
  *look(queries: Queries, { at, lookAt, oldest }: FileLook): Steps<{ unfinished: string[]; deleted: number; more: boolean }> {
    const due = queries.db.selectFrom('files').select(['id', 'state', 'created_at']).where('look_at', '<', at).orderBy('look_at');
    const found = yield* rows(queries.limit(mostLooked, due));
    let deleted = 0;
    for (const { id, state, created_at } of found) {
      if (state === 'uploading') continue;
      if ((yield* change(queries.bind(takeDue, { id, at, lookAt }))) === 0) continue;
      const isKept = created_at >= oldest && (yield* first(queries.bind(readReference, { id }))) !== undefined;
      if (isKept) continue;
      yield* forget(queries, id, at);
      deleted += 1;
    }
    const unfinished = found.filter(({ state }) => state === 'uploading').map(({ id }) => id);
    return { unfinished, deleted, more: found.length === mostLooked };
  },

  /** Forgets contents that no file has had since then. Answers which. */
  *forgetContents(queries: Queries, { before }: { before: number }): Steps<string[]> {
    const doomed = queries.db
      .selectFrom('file_contents')
      .select('content_hash as hash')
      .where('doomed_at', '<', before)
      .orderBy('doomed_at');
    const forgotten: string[] = [];
    for (const { hash } of yield* rows(queries.limit(mostLooked, doomed))) {
      if ((yield* first(queries.bind(readSameContent, { hash }))) !== undefined) {
        yield* change(queries.bind(doom, { hash, at: null }));
        continue;
      }
      // Asked once more by the deletion itself: a file that was finished since then has saved it.
      const content = queries.db.deleteFrom('file_contents').where('content_hash', '=', hash).where('doomed_at', '<', before);
      if ((yield* change(content)) > 0) forgotten.push(hash);
    }
    return forgotten;
  },

  /** Notes how a scan has ended. */
  *scanned({ db }: Queries, { hash, state, at }: { hash: string; state: 'clean' | 'refused'; at: number }): Steps<void> {
    const content = db.updateTable('file_contents').set({ scan_state: state, scan_at: at });
    yield* change(content.where('content_hash', '=', hash));
  },

  /** Takes scans over that began before then and have not ended. Answers the contents. */
  *takeScans(queries: Queries, { before, at }: { before: number; at: number }): Steps<string[]> {
    const { db } = queries;
    const late = db
      .selectFrom('file_contents')
      .select('content_hash as hash')
      .where('scan_state', '=', 'scanning')
      .where('scan_at', '<', before)
      .orderBy('scan_at');
    const hashes = (yield* rows(queries.limit(mostLooked, late))).map(({ hash }) => hash);
    if (hashes.length > 0)
      yield* change(db.updateTable('file_contents').set({ scan_at: at }).where('content_hash', 'in', hashes));
    return hashes;
  },
});

/** @throws UCError `QUOTA_EXCEEDED`, `RATE_LIMITED`. */
function* checkRoom({ db }: Queries, limits: NewUpload): Steps<void> {
  const { ownerId, size, at, quotaBytes, openUploads, uploadsPerMinute } = limits;
  const found = yield* first(
    db
      .selectFrom('files')
      .select(({ fn, case: when }) => [
        fn.sum<number | null>('size_bytes').as('bytes'),
        fn.sum<number | null>(when().when('state', '=', 'uploading').then(1).else(0).end()).as('open'),
        fn
          .sum<number | null>(
            when()
              .when('created_at', '>', at - minuteMs)
              .then(1)
              .else(0)
              .end(),
          )
          .as('lately'),
      ])
      .where('owner_id', '=', ownerId),
  );
  const usedBytes = Number(found?.bytes ?? 0);
  if (usedBytes + size > quotaBytes)
    throw new UCError('QUOTA_EXCEEDED', undefined, { field: 'size', details: { usedBytes, quotaBytes } });
  if (Number(found?.open ?? 0) >= openUploads)
    throw new UCError('RATE_LIMITED', `${openUploads} uploads are not finished; finish or remove some of them.`, {
      ...{ retryAfterMs: openRetryMs, details: { openUploads } },
    });
  if (Number(found?.lately ?? 0) >= uploadsPerMinute)
    throw new UCError('RATE_LIMITED', `${uploadsPerMinute} uploads may begin in a minute.`, {
      ...{ retryAfterMs: minuteRetryMs, details: { uploadsPerMinute } },
    });
}

/** Deletes the rows of a file, and dooms its content if no other file has the same. */
function* forget(queries: Queries, id: string, at: number): Steps<void> {
  const file = yield* first(queries.bind(readFile, { id }));
  yield* change(queries.bind(deleteReferences, { id }));
  yield* change(queries.bind(deleteFile, { id }));
  const hash = file?.content_hash;
  if (hash === undefined || hash === null) return;
  // First, because that waits for whoever makes a file of the same content.
  yield* change(queries.bind(doom, { hash, at }));
  if ((yield* first(queries.bind(readSameContent, { hash }))) !== undefined)
    yield* change(queries.bind(doom, { hash, at: null }));
}
