import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { Cluster } from '#test/support/cluster.ts';
import { DatabaseLock } from '#test/support/database-lock.ts';
import { isLong } from '#test/support/effort.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Person, say, textsOf } from '#test/support/person.ts';

const messagesEach = isLong ? 60 : 12;

describe('people chat while SQL is away', function () {
  this.timeout(isLong ? 240_000 : 60_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, cleo: { home: 'server-1' }, dora: { home: 'server-2' } },
    });
  });
  after(() => cluster[Symbol.asyncDispose]());

  /** Texts of all conversations as they stand in SQL, in the order of their numbers. */
  function stored(): Map<string, string[]> {
    const database = new DatabaseSync(cluster.mesh.databaseFile, { readOnly: true });
    const rows = database.prepare('select conversation_id, seq, body from entries order by conversation_id, seq').all();
    database.close();
    const texts = new Map<string, string[]>();
    for (const { conversation_id, seq, body } of rows) {
      const of = texts.get(String(conversation_id)) ?? [];
      texts.set(String(conversation_id), of);
      of.push(String((JSON.parse(String(body)) as { text: unknown }).text));
      assert.equal(seq, of.length, 'numbers run without a gap');
    }
    return texts;
  }

  async function chatBetween(one: Person, other: Person) {
    const [here, there] = await Promise.all([one.chatWith(other), other.chatWith(one)]);
    return { here, there, one, other };
  }

  it('a server is killed, Redis loses everything, and nothing is lost, doubled or out of order', async () => {
    const [ann, bob, cleo, dora] = await Promise.all(
      (['ann', 'bob', 'cleo', 'dora'] as const).map((name, index) => cluster.signIn(name, index % 2)),
    );
    if (!ann || !bob || !cleo || !dora) throw new Error('nobody is there');
    const chats = await Promise.all([chatBetween(ann, bob), chatBetween(cleo, dora)]);
    await Promise.all(chats.map(({ here, one }) => say(here, `${one.name} before`)));
    await Promise.all(chats.map(({ there }) => eventually(() => textsOf(there).length === 1)));

    await using lock = await DatabaseLock.hold(cluster.mesh.databaseFile);
    const said: string[] = [];
    const write = async (person: Person, chat: (typeof chats)[number]['here'], from: number, to: number) => {
      for (let number = from; number < to; number++) {
        const text = `${person.name} ${number}`;
        await say(chat, text, 20_000);
        said.push(text);
      }
    };
    const everybodyWrites = (from: number, to: number) =>
      Promise.all(chats.flatMap(({ here, there, one, other }) => [write(one, here, from, to), write(other, there, from, to)]));
    await everybodyWrites(0, messagesEach);
    // Everybody sees everything although nothing is stored.
    for (const { here, there } of chats) {
      for (const chat of [here, there]) await eventually(() => chat.log.pending.length === 2 * messagesEach);
    }
    await eventually(async () =>
      assert.match(JSON.stringify((await cluster.server(1).readiness()).body), /waiting for the database/),
    );

    await cluster.server(0).kill();
    await Promise.all([bob.untilOpen(15_000), dora.untilOpen(15_000), ann.untilOpen(15_000), cleo.untilOpen(15_000)]);
    await everybodyWrites(messagesEach, messagesEach + 3);
    await cluster.redis.restart();
    await everybodyWrites(messagesEach + 3, messagesEach + 5);
    await cluster.server(0).start();
    await lock.release();

    await eventually(
      () => {
        for (const { here, there } of chats) {
          assert.deepEqual([here.log.pending.length, there.log.pending.length], [0, 0]);
          assert.deepEqual([here.outgoing.length, there.outgoing.length], [0, 0]);
        }
      },
      { withinMs: 20_000, what: 'everything is stored' },
    );
    const texts = stored();
    assert.equal([...texts.values()].flat().length, said.length + chats.length, 'nothing is doubled');
    for (const { here, there, one, other } of chats) {
      const inSql = texts.get(here.id) ?? [];
      for (const { name } of [one, other]) {
        const own = said.filter((text) => text.startsWith(`${name} `));
        assert.deepEqual(
          inSql.filter((text) => text.startsWith(`${name} `) && !text.endsWith('before')),
          own,
          `what ${name} wrote is there, in order`,
        );
      }
      for (const chat of [here, there]) await eventually(() => assert.deepEqual(textsOf(chat), inSql));
    }
    await eventually(async () => assert.doesNotMatch(JSON.stringify((await cluster.server(0).readiness()).body), /waiting for/));
  });
});
