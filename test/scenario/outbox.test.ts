import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from '#test/support/cluster.ts';
import { DatabaseLock } from '#test/support/database-lock.ts';
import { isLong } from '#test/support/effort.ts';
import { eventually } from '#test/support/eventually.ts';
import { Seeded } from '#test/support/seeded.ts';
import { compareWithSql, storedLogs, untilEverythingIsStored } from './resume/stored-logs.ts';
import { Writer } from './resume/writer.ts';

const names = ['ann', 'bob', 'cleo', 'dora', 'emil', 'finn'] as const;
/** Times that SQL goes away and comes back. */
const outages = isLong ? 40 : 4;

describe('people chat while SQL is away', function () {
  this.timeout(isLong ? 900_000 : 180_000);
  const random = new Seeded();
  let cluster: Cluster;
  let writers: readonly Writer[];

  before(async () => {
    console.log(`      seed ${random.seed} (UCMESH_TEST_SEED)`);
    const people = Object.fromEntries(names.map((name, index) => [name, { home: `server-${(index % 2) + 1}` }]));
    cluster = await Cluster.start({ servers: 2, people });
    const [first, second] = cluster.urls as [string, string];
    writers = names.map((name, index) => {
      const servers = index % 2 === 0 ? [first, second] : [second, first];
      return new Writer(cluster.account(name), servers, random.branch(index));
    });
    await Promise.all(writers.map(({ person }) => person.signIn()));
  });
  after(async () => {
    await Promise.all((writers ?? []).map(({ person }) => person[Symbol.asyncDispose]()));
    await cluster?.[Symbol.asyncDispose]();
  });

  /** Each has a conversation with somebody of the other server; all are in one group, begun as SQL is. */
  async function begin(): Promise<void> {
    for (let index = 0; index < writers.length; index += 2) {
      const [one, other] = writers.slice(index, index + 2) as [Writer, Writer];
      one.conversations.push(await one.person.chatWith(other.person));
      other.conversations.push(await other.person.chatWith(one.person));
    }
    await everybodyIn('Begun while SQL is there');
  }

  async function everybodyIn(title: string): Promise<void> {
    const [first, ...rest] = writers as [Writer, ...Writer[]];
    const userIds = rest.map(({ person }) => person.userId);
    const group = await eventually(() => first.person.chats.createGroup(title, userIds), { withinMs: 20_000, everyMs: 500 });
    for (const { conversations, person } of writers)
      conversations.push(await eventually(() => person.chats.get(group.id) ?? false, { withinMs: 20_000 }));
  }

  /** @returns how to bring it back */
  async function takeSqlAway(): Promise<() => Promise<void>> {
    const { databaseFile } = cluster.mesh;
    if (random.next() < 0.5) {
      const lock = await DatabaseLock.hold(databaseFile);
      return () => lock.release();
    }
    renameSync(databaseFile, `${databaseFile}.moved`);
    return async () => renameSync(`${databaseFile}.moved`, databaseFile);
  }

  /** Operators see what waits, and people that the database is out of reach. */
  async function everybodyIsTold(): Promise<void> {
    await eventually(
      async () => {
        const told = await Promise.all(cluster.servers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
        for (const name of ['ucmesh_outbox_pending', 'ucmesh_outbox_spooled'])
          assert.match(told.join('\n'), new RegExp(`^${name}\\{.*\\} [1-9]`, 'm'));
        for (const { person } of writers)
          assert.deepEqual([person.client.reach.database, person.client.reach.outbox], ['down', 'up']);
      },
      { withinMs: 20_000, everyMs: 200, what: 'everybody is told' },
    );
  }

  const faults = {
    async 'a server is killed and starts again'() {
      const server = random.of(cluster.servers);
      await server.kill();
      await pause(random.between(100, 1_500));
      await server.start();
    },
    async 'Redis comes back empty'() {
      await cluster.redis.restart();
    },
    async 'Redis comes back empty while a server is down'() {
      const server = random.of(cluster.servers);
      await server.kill();
      await cluster.redis.restart();
      await server.start();
    },
    async 'a server hangs'() {
      const server = random.of(cluster.servers);
      server.pause();
      await pause(random.between(200, 3_000));
      server.resume();
    },
    async 'connections of clients break'() {
      for (const writer of writers) if (random.next() < 0.5) writer.tear();
    },
    async nothing() {
      await pause(random.between(500, 2_000));
    },
  };

  it('whatever dies meanwhile, nothing is lost, doubled or shown to some in another order', async () => {
    await begin();
    let isOver = false;
    const writing = writers.map((writer) => writer.write(() => !isOver));
    for (let outage = 1; outage <= outages; outage++) {
      const bringBack = await takeSqlAway();
      await eventually(
        async () => {
          const known = await Promise.all(cluster.servers.map((server) => server.readiness()));
          assert.match(JSON.stringify(known.map(({ body }) => body)), /waiting for the database/);
        },
        { withinMs: 20_000, everyMs: 100, what: 'something is pending' },
      );
      if (outage === 1) await everybodyIsTold();
      const happened: string[] = [];
      for (let count = outage === 1 ? 2 : 1 + Math.floor(random.between(0, 2)); count > 0; count--) {
        // Everybody's first outage has what is worst.
        const name = outage === 1 && count === 2 ? 'a server is killed and starts again' : random.of(Object.keys(faults));
        happened.push(name);
        await faults[name as keyof typeof faults]();
        await pause(random.between(0, 800));
      }
      if (outage === 2) await everybodyIn('Begun while SQL is away');
      await bringBack();
      console.log(`        ${happened.join('; ')}`);
      await pause(random.between(0, 2_500));
    }
    isOver = true;
    await Promise.all(writing);
    await cluster.untilTogether(20_000);
    await untilEverythingIsStored(writers);
    await compareWithSql(writers, storedLogs(cluster.mesh.databaseFile));
    for (const server of cluster.servers) {
      const ready = async () => assert.doesNotMatch(JSON.stringify((await server.readiness()).body), /waiting for/);
      await eventually(ready, { withinMs: 20_000 });
    }
  });
});
