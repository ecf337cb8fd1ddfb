import { Cluster } from '#test/support/cluster.ts';
import { isLong } from '#test/support/effort.ts';
import { eventually } from '#test/support/eventually.ts';
import { Seeded } from '#test/support/seeded.ts';
import { breakThings } from './resume/faults.ts';
import { compareWithSql, storedLogs, untilEverythingIsStored } from './resume/stored-logs.ts';
import { Writer } from './resume/writer.ts';

const breakForMs = isLong ? 60_000 : 12_000;
const groupSize = 10;
const names = Array.from({ length: 50 }, (_, index) => `p${String(index).padStart(2, '0')}`);

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

  it('while servers, Redis and connections break and come back: no gap, nothing twice, one order for all', async () => {
    let isOver = false;
    const writing = writers.map((writer) => writer.write(() => !isOver));
    const happened = await breakThings(cluster, writers, random, breakForMs);
    isOver = true;
    console.log(`        ${happened.join('; ')}`);
    await Promise.all(writing);
    await cluster.untilTogether(20_000);
    await untilEverythingIsStored(writers);
    await compareWithSql(writers, storedLogs(cluster.mesh.databaseFile));
  });
});
