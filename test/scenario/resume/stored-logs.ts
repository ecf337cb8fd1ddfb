import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { eventually } from '#test/support/eventually.ts';
import type { LiveConversation } from '#web/api/index.ts';
import type { Writer } from './writer.ts';

export interface StoredRow {
  readonly seq: number;
  readonly entryId: string;
  readonly author: string;
  readonly kind: string;
  /** JSON text. */
  readonly body: string;
}

/** The logs of all conversations as they stand in SQL. @throws AssertionError when the numbers of one are not 1, 2, 3 … */
export function storedLogs(databaseFile: string): Map<string, StoredRow[]> {
  const database = new DatabaseSync(databaseFile, { readOnly: true });
  const rows = database
    .prepare('select conversation_id, seq, entry_id, author_id, kind, body from entries order by conversation_id, seq')
    .all() as Record<string, string | number>[];
  database.close();
  const logs = new Map<string, StoredRow[]>();
  for (const { conversation_id, seq, entry_id, author_id, kind, body } of rows) {
    const log = logs.get(String(conversation_id)) ?? [];
    logs.set(String(conversation_id), log);
    log.push({ seq: Number(seq), entryId: String(entry_id), author: String(author_id), kind: String(kind), body: String(body) });
    assert.equal(seq, log.length, 'the numbers of a conversation are 1, 2, 3 …');
  }
  return logs;
}

/** Nobody waits for an answer, and no client shows anything as pending. */
export async function untilEverythingIsStored(writers: readonly Writer[]): Promise<void> {
  await eventually(() => assert.deepEqual(writers.flatMap(({ unanswered }) => unanswered).slice(0, 5), []), {
    withinMs: 45_000,
    everyMs: 100,
    what: 'every message is acknowledged',
  });
  await Promise.all(writers.map((writer) => writer.answered()));
  await eventually(
    () => {
      for (const { conversations } of writers) for (const { log } of conversations) assert.equal(log.pending.length, 0);
    },
    { withinMs: 30_000, everyMs: 100, what: 'nothing is pending' },
  );
}

/** What was acknowledged is in SQL, once, and every client has the same, entry by entry. */
export async function compareWithSql(writers: readonly Writer[], logs: ReadonlyMap<string, readonly StoredRow[]>): Promise<void> {
  const entries = [...logs.values()].flat();
  const written = writers.flatMap((writer) => writer.written.map(({ live, entryId }) => `${live.id} ${entryId}`));
  console.log(`        ${written.length} acknowledged, ${entries.length} entries in ${logs.size} conversations`);
  const inSql = new Set([...logs].flatMap(([id, rows]) => rows.map(({ entryId }) => `${id} ${entryId}`)));
  assert.equal(inSql.size, entries.length, 'nothing is stored twice');
  assert.deepEqual(
    written.filter((each) => !inSql.has(each)),
    [],
    'everything that was acknowledged is stored',
  );
  const edits = entries.filter(({ kind }) => kind === 'edit').map(({ body }) => body);
  const lost = writers
    .flatMap(({ edited }) => edited)
    .filter((text) => !edits.some((body) => body === '{}' || body.includes(text)));
  assert.deepEqual(lost, [], 'every acknowledged edit is stored');
  for (const { person, conversations } of writers) {
    for (const live of conversations) await compareView(person.name, live, logs.get(live.id) ?? []);
    const twice = person.heard.filter((text, index) => person.heard.indexOf(text) !== index);
    assert.deepEqual(twice, [], `${person.name} heard nothing twice`);
  }
}

/** Everything that a client has of a conversation. */
async function compareView(who: string, live: LiveConversation, rows: readonly StoredRow[]): Promise<void> {
  await eventually(() => assert.equal(live.log.entries.at(-1)?.seq, rows.length || undefined), {
    withinMs: 20_000,
    what: `${who} has all of ${live.id}`,
  });
  while (!live.log.complete && rows.length > 0) await live.loadEarlier();
  const plain = ({ seq, entryId, author, kind }: Omit<StoredRow, 'body'>) => `${seq} ${kind} ${author} ${entryId}`;
  assert.deepEqual(live.log.entries.map(plain), rows.map(plain), `${who}, ${live.id}`);
  for (const [index, { body }] of rows.entries()) {
    // What was taken back is empty in SQL; clients had it before, and show it no more.
    if (body !== '{}') assert.deepEqual(live.log.entries[index]?.body, JSON.parse(body), `${who}, ${live.id}, ${index + 1}`);
  }
}
