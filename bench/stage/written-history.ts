import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ConversationId, entryIdSchema, type UserId } from '#shared/ids.ts';
import type { StoredEntry } from '#ucserver/chat/commit-plan.ts';
import { directConversationId } from '#ucserver/chat/conversation-id.ts';
import { planIndex } from '#ucserver/chat/search/index-plan.ts';
import { partEntries, searchProcedures } from '#ucserver/chat/search/procedures.ts';
import { drive } from '#ucserver/database/procedure.ts';
import { Queries } from '#ucserver/database/queries.ts';
import { Connection } from '#ucserver/database/sqlite/connection.ts';
import { benchMesh } from './product-stage.ts';
import { seed } from './seed.ts';
import { Vocabulary } from './vocabulary.ts';

/** A database with people who have written to each other for three years, and its search index. */
export interface WrittenHistory {
  readonly databaseFile: string;
  readonly users: number;
  /** Those with the long histories; not among the first users. */
  readonly readers: readonly number[];
  readonly conversations: readonly WrittenConversation[];
}

export interface WrittenConversation {
  /** Both people, the first of them a reader. */
  readonly between: readonly [number, number];
  readonly entries: number;
}

const others = 400;
const readers = Array.from({ length: 20 }, (_, index) => others + index);
const longOnes = 4;
/** Of a long conversation: more than a thousand pages. */
const longEntries = 60_000;
const firstMs = Date.UTC(2023, 0, 2);
const spanMs = 3 * 365 * 86_400_000;
const entriesPerTransaction = 20_000;

/**
 * Writes the history once and keeps it under `bench/.data`; what an earlier run did not finish is continued.
 *
 * @param millions messages in all, in millions
 */
export async function writtenHistory(millions: number): Promise<WrittenHistory> {
  const folder = resolve(import.meta.dirname, `../.data/history-${millions}`);
  const databaseFile = resolve(folder, 'ucmesh.db');
  const finished = resolve(folder, 'finished');
  const users = others + readers.length;
  const history = { databaseFile, users, readers, conversations: planned(millions) };
  if (existsSync(finished)) return history;
  mkdirSync(folder, { recursive: true });
  const { userIds } = await seed({
    databaseFile,
    dataFolder: resolve(folder, 'seed'),
    mesh: benchMesh,
    users,
    homeOf: (user: number) => `p${writtenServerOf(user)}`,
  });
  write(databaseFile, userIds, history.conversations);
  rmSync(resolve(folder, 'seed'), { recursive: true, force: true });
  writeFileSync(finished, '');
  return history;
}

/** On which of two servers a user signs in. */
export function writtenServerOf(user: number): number {
  return (user + Math.floor(user / 100)) % 2;
}

function planned(millions: number): WrittenConversation[] {
  const long: WrittenConversation[] = Array.from({ length: longOnes }, (_, index) => ({
    between: [others + 2 * index, others + 2 * index + 1],
    entries: longEntries * millions,
  }));
  const short: WrittenConversation[] = [];
  const entries = Math.round((millions * 1_000_000 - longOnes * longEntries * millions) / (readers.length * others));
  for (const reader of readers) for (let other = 0; other < others; other++) short.push({ between: [reader, other], entries });
  return [...long, ...short];
}

/** Directly into the file; only what the index holds is made by the product itself. */
function write(file: string, userIds: readonly UserId[], conversations: readonly WrittenConversation[]): void {
  const connection = new Connection(file, { readOnly: false, mayCreate: true });
  const vocabulary = new Vocabulary();
  connection.withRetry(1_000, () => connection.command('pragma synchronous = off'));
  connection.command('pragma cache_size = -600000');
  const present = connection.execute({ sql: 'select id from conversations', sets: [[]] }).rows as { id: string }[];
  const known = new Set(present.map(({ id }) => id));
  const all = conversations.reduce((sum, { entries }) => sum + entries, 0);
  let [written, open] = [0, 0];
  const commit = () => {
    connection.command('commit');
    connection.execute({ sql: 'pragma wal_checkpoint(truncate)', sets: [[]] });
    console.error(`history: ${written} of ${all} messages`);
    open = 0;
  };
  for (const [index, { between, entries }] of conversations.entries()) {
    const both = between.map((person) => userIds[person]) as [UserId, UserId];
    const id = directConversationId(...both);
    written += entries;
    if (known.has(id)) continue;
    if (open === 0) connection.command('begin immediate');
    writeConversation(connection, { id, both, entries, random: vocabulary.random(index), vocabulary });
    open += entries;
    if (open >= entriesPerTransaction) commit();
  }
  if (open > 0) commit();
  connection.close();
}

interface Writing {
  readonly id: ConversationId;
  readonly both: readonly [UserId, UserId];
  readonly entries: number;
  readonly random: () => number;
  readonly vocabulary: Vocabulary;
}

function writeConversation(connection: Connection, { id, both, entries, random, vocabulary }: Writing): void {
  const queries = new Queries('sqlite');
  const log = Array.from({ length: entries }, (_, index): StoredEntry => {
    const at = Math.floor(firstMs + ((index + random()) / entries) * spanMs);
    return {
      conversationId: id,
      seq: index + 1,
      entryId: entryIdSchema.parse(`${at.toString(36).padStart(9, '0')}-${id.slice(0, 8)}-${index}`),
      author: random() < 0.5 ? both[0] : both[1],
      kind: 'message',
      body: JSON.stringify({ text: vocabulary.sentence(random) }),
      at,
    };
  });
  const insert = (sql: string, sets: readonly (readonly unknown[])[]) => connection.execute({ sql, sets });
  insert('insert into conversations (id, kind, last_seq, created_at) values (?, ?, ?, ?)', [[id, 'direct', entries, firstMs]]);
  insert(
    'insert into conversation_members (conversation_id, user_id, joined_seq, read_seq, delivered_seq) values (?, ?, 0, ?, ?)',
    both.map((userId) => [id, userId, entries, entries]),
  );
  insert(
    'insert into entries (conversation_id, seq, entry_id, author_id, kind, body, accepted_at) values (?, ?, ?, ?, ?, ?, ?)',
    log.map(({ seq, entryId, author, kind, body, at }) => [id, seq, entryId, author, kind, body, at]),
  );
  for (let from = 0; from < entries; from += partEntries) {
    const step = planIndex(log.slice(from, from + partEntries), []);
    if (step !== undefined) drive(searchProcedures.follow.body(queries, step), (each) => connection.execute(each));
  }
}
