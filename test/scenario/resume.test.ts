import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { Cluster } from '#test/support/cluster.ts';
import { isLong } from '#test/support/effort.ts';
import { eventually } from '#test/support/eventually.ts';
import { Seeded } from '#test/support/seeded.ts';
import type { LiveConversation } from '#web/api/index.ts';
import { breakThings } from './resume/faults.ts';
import { Writer } from './resume/writer.ts';

const breakForMs = isLong ? 60_000 : 12_000;
const groupSize = 10;
const names = Array.from({ length: 50 }, (_, index) => `p${String(index).padStart(2, '0')}`);

interface Row {
  readonly seq: number;
  readonly entryId: string;
  readonly author: string;
  readonly kind: string;
  readonly body: string;
}

describe('whoever was away gets what they missed', function () {
  this.timeout(300_000);
  const random = new Seeded();
  let cluster: Cluster;
  let writers: readonly Writer[];

  before(async () => {
    console.log(`      seed ${random.seed} (UCMESH_TEST_SEED)`);
    const people = Object.fromEntries(names.map((name, index) => [name, { home: `server-${(index % 3) + 1}` }]));
    cluster = await Cluster.start({ servers: 3, people });
    const { urls } = cluster;
    writers = names.map((name, index) => {
      const servers = [...urls.slice(index % 3), ...urls.slice(0, index % 3)];
      return new Writer(cluster.account(name), servers, random.branch(index));
    });
    for (let from = 0; from < writers.length; from += 10)
      await Promise.all(writers.slice(from, from + 10).map(({ person }) => person.signIn()));
    await begin();
  });
  after(async () => {
    await Promise.all((writers ?? []).map(({ person }) => person[Symbol.asyncDispose]()));
    await cluster?.[Symbol.asyncDispose]();
  });

  /** Everybody has one conversation with somebody of another server, and one group with people of all servers. */
  async function begin(): Promise<void> {
    for (let index = 0; index < writers.length; index += 2) {
      const [one, other] = writers.slice(index, index + 2) as [Writer, Writer];
      one.conversations.push(await one.person.chatWith(other.person));
      other.conversations.push(await other.person.chatWith(one.person));
    }
    for (let from = 0; from < writers.length; from += groupSize) {
      const [first, ...rest] = writers.slice(from, from + groupSize) as [Writer, ...Writer[]];
      const group = await first.person.chats.createGroup(
        `Group ${from / groupSize + 1}`,
        rest.map(({ person }) => person.userId),
      );
      for (const { conversations, person } of [first, ...rest])
        conversations.push(await eventually(() => person.chats.get(group.id) ?? false, { withinMs: 5_000 }));
    }
  }

  function stored(): Map<string, Row[]> {
    const database = new DatabaseSync(cluster.mesh.databaseFile, { readOnly: true });
    const rows = database
      .prepare('select conversation_id, seq, entry_id, author_id, kind, body from entries order by conversation_id, seq')
      .all() as Record<string, string | number>[];
    database.close();
    const logs = new Map<string, Row[]>();
    for (const { conversation_id, seq, entry_id, author_id, kind, body } of rows) {
      const log = logs.get(String(conversation_id)) ?? [];
      logs.set(String(conversation_id), log);
      log.push({
        seq: Number(seq),
        entryId: String(entry_id),
        author: String(author_id),
        kind: String(kind),
        body: String(body),
      });
      assert.equal(seq, log.length, 'the numbers of a conversation are 1, 2, 3 …');
    }
    return logs;
  }

  it('while servers, Redis and connections break and come back: no gap, nothing twice, one order for all', async () => {
    let isOver = false;
    const writing = writers.map((writer) => writer.write(() => !isOver));
    const happened = await breakThings(cluster, writers, random, breakForMs);
    isOver = true;
    console.log(`        ${happened.join('; ')}`);
    await Promise.all(writing);
    await cluster.untilTogether(20_000);
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

    const logs = stored();
    const entries = [...logs.values()].flat();
    const written = writers.flatMap((writer) => writer.written.map(({ live, entryId }) => `${live.id} ${entryId}`));
    console.log(`        ${written.length} messages, ${entries.length} entries in ${logs.size} conversations`);
    const inSql = new Set([...logs].flatMap(([id, rows]) => rows.map(({ entryId }) => `${id} ${entryId}`)));
    assert.equal(inSql.size, entries.length, 'nothing is stored twice');
    assert.deepEqual(
      written.filter((each) => !inSql.has(each)),
      [],
      'every acknowledged message is stored',
    );
    const bodies = entries.filter(({ kind }) => kind === 'edit').map(({ body }) => body);
    const lost = writers
      .flatMap(({ edited }) => edited)
      .filter((text) => !bodies.some((body) => body === '{}' || body.includes(text)));
    assert.deepEqual(lost, [], 'every acknowledged edit is stored');

    for (const { person, conversations } of writers) {
      for (const live of conversations) await compare(person.name, live, logs.get(live.id) ?? []);
      const twice = person.heard.filter((text, index) => person.heard.indexOf(text) !== index);
      assert.deepEqual(twice, [], `${person.name} heard nothing twice`);
    }
  });

  /** Everything that a client has of a conversation, entry by entry. */
  async function compare(who: string, live: LiveConversation, rows: readonly Row[]): Promise<void> {
    await eventually(() => assert.equal(live.log.entries.at(-1)?.seq, rows.length || undefined), {
      withinMs: 20_000,
      what: `${who} has all of ${live.id}`,
    });
    while (!live.log.complete && rows.length > 0) await live.loadEarlier();
    const plain = ({ seq, entryId, author, kind }: Omit<Row, 'body'>) => `${seq} ${kind} ${author} ${entryId}`;
    assert.deepEqual(live.log.entries.map(plain), rows.map(plain), `${who}, ${live.id}`);
    for (const [index, { body }] of rows.entries()) {
      // What was taken back is empty in SQL; clients had it before, and show it no more.
      if (body !== '{}') assert.deepEqual(live.log.entries[index]?.body, JSON.parse(body), `${who}, ${live.id}, ${index + 1}`);
    }
  }
});
