import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { silentLogger } from '#shared/runtime/logger.ts';
import { Cluster } from '#test/support/cluster.ts';
import { type MintedToken, mintAccessTokens } from '#test/support/company.ts';
import { isLong } from '#test/support/effort.ts';
import { eventually } from '#test/support/eventually.ts';
import { RawSession } from '#test/support/raw-session.ts';
import { withCompany } from '#ucserver/cli/company.ts';
import { issueLicence, LicensingRepository, newIssuerKey } from '#ucserver/licensing/index.ts';

const seats = 4;
const names = ['ann', 'bob', 'cleo', 'dave', 'eve', 'fred', 'gina', 'hugo'];
const issuer = newIssuerKey();

describe('licences on real servers', function () {
  this.timeout(isLong ? 1_800_000 : 120_000);
  let cluster: Cluster;
  let tokens: MintedToken[];
  let open: RawSession[] = [];
  let pings: NodeJS.Timeout;

  const install = (onlineUsers: number) =>
    withCompany(
      {
        database: { engine: 'sqlite', file: cluster.mesh.databaseFile, readers: 1 },
        mesh: { id: cluster.mesh.meshId, password: cluster.mesh.meshPassword, host: '127.0.0.1', port: 0 },
      },
      silentLogger,
      ({ database }) =>
        new LicensingRepository(database).install(
          issueLicence(
            { id: 'test', customer: 'Example', issuedAt: '2026-01-01T00:00:00Z', features: { onlineUsers } },
            createPrivateKey(issuer.privateKey),
          ),
          Date.now(),
          { actor: 'system' },
        ),
    );
  const openAt = async (server: number, person: number): Promise<RawSession> => {
    const session = await RawSession.open(cluster.urls[server] as string, tokens[person] as MintedToken);
    if (session.result?.status === 'welcome') open.push(session);
    return session;
  };
  const online = () => open.filter(({ isOpen }) => isOpen).length;

  /** Everybody is at home, in turn, on server 0 and server 1. */
  const openAtHome = (person: number) => openAt(person % 2, person);
  const count = (table: string) => {
    using database = new DatabaseSync(cluster.mesh.databaseFile, { readOnly: true });
    return database.prepare(`select count(*) as rows from ${table}`).get()?.rows;
  };

  beforeEach(async () => {
    open = [];
    cluster = await Cluster.start({
      people: Object.fromEntries(names.map((name, index) => [name, { home: `server-${(index % 2) + 1}` }])),
      sections: { licensing: { issuer: issuer.publicKey } },
    });
    await install(seats);
    tokens = await mintAccessTokens(cluster.mesh, cluster.accounts);
    pings = setInterval(() => open.forEach((session) => void session.ping()), 2_000);
    // A block of each server, of each feature.
    await eventually(() => count('licence_blocks') === 4, {
      withinMs: 10_000,
      everyMs: 100,
      what: 'both servers know the licence',
    });
  });
  afterEach(async () => {
    clearInterval(pings);
    for (const session of open) session.leave();
    await cluster[Symbol.asyncDispose]();
  });

  it('let in as many people as they have seats, on whichever server, and say who holds them', async () => {
    const all: RawSession[] = [];
    for (const person of names.keys()) all.push(await openAtHome(person));
    assert.equal(online(), seats);
    const { error } = all.at(-1) as RawSession;
    assert.equal(error?.code, 'LICENCE_EXHAUSTED');
    const details = error?.details as { seats: number; reason: string; holders: { server: string; seats: number }[] };
    assert.deepEqual([details.seats, details.reason], [seats, 'allTaken']);
    assert.equal(
      details.holders.reduce((sum, each) => sum + each.seats, 0),
      seats,
    );
    // Of the other server.
    open[0]?.leave();
    await eventually(async () => assert.ok((await openAtHome(names.length - 1)).isOpen), { withinMs: 5_000, everyMs: 200 });
    assert.equal(online(), seats);
  });

  it('move with the people of a killed server', async () => {
    for (let person = 0; person < seats; person++) assert.ok((await openAtHome(person)).isOpen);
    await eventually(() => count('licence_names') === seats, {
      withinMs: 5_000,
      what: 'the ledger knows for whom the seats are',
    });
    await cluster.server(1).kill();
    for (const person of [1, 3]) {
      await eventually(async () => assert.ok((await openAt(0, person)).isOpen), { withinMs: 20_000, everyMs: 300 });
    }
    const stranger = await openAt(0, seats);
    assert.equal(stranger.error?.code, 'LICENCE_EXHAUSTED', 'the seats of the dead are for their own people');
  });

  it('are never given twice while servers are killed, stopped and cut off', async () => {
    for (let history = 0; history < (isLong ? 50 : 2); history++) {
      for (let step = 0; step < 12; step++) {
        const server = Math.floor(Math.random() * 2);
        const person = Math.floor(Math.random() * names.length);
        const chance = Math.random();
        if (chance < 0.15) open[Math.floor(Math.random() * open.length)]?.leave();
        else if (chance < 0.22 && cluster.server(server).running) await cluster.server(server).kill();
        else if (chance < 0.4 && !cluster.server(server).running) await cluster.server(server).start();
        else await openAt(server, person).catch(() => undefined);
        const people = new Set(open.filter(({ isOpen }) => isOpen).map(({ result }) => (result as { userId: string }).userId));
        assert.ok(people.size <= seats, `${people.size} people are online`);
      }
      for (const index of [0, 1]) if (!cluster.server(index).running) await cluster.server(index).start();
    }
  });
});
