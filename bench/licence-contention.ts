import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { type Incarnation, serverIdSchema } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { type Database, migrate, openDatabase } from '#ucserver/database/index.ts';
import { LicensingRepository, licensingProcedures, SeatPool } from '#ucserver/licensing/index.ts';
import { atLeast, type Bench } from './bench.ts';
import { type Figures, medians, rounded } from './figures.ts';

const servers = 8;
const seats = 10_000;
/** Who comes and goes; nearly as many as there are seats. */
const people = 9_800;
const churnSeconds = 6;
/** Sign-ins and sign-outs of one turn of the event loop, on each server. */
const atOnce = 50;
/** Sign-ins under way at most: who must wait for SQL holds up nobody else, as with real people. */
const mostWaiting = 400;
/** Share of sign-ins that happen on another server than the last time. */
const elsewhere = 0.01;
const bareGrants = 1_500;
const bareWriters = 8;
const feature = 'onlineUsers';
const installedAt = 1;

/** Servers as far as licences go: a pool each, over one database and connection like those of a server. */
async function pools(file: string): Promise<{ all: SeatPool[]; stop: () => Promise<void> }> {
  const databases: Database[] = [];
  const all: SeatPool[] = [];
  for (let index = 0; index < servers; index++) {
    const database = await open(file);
    databases.push(database);
    const self: Incarnation = { serverId: serverIdSchema.parse(`s${index}`), life: 1 };
    const pool: SeatPool = new SeatPool({
      ...{ feature, self: () => self, repository: new LicensingRepository(database), clock: systemClock, logger: silentLogger },
      limit: () => ({ seats, installedAt, isExpired: false }),
      refresh: async () => undefined,
      serverCount: () => servers,
      isGone: () => false,
      recall: async (wanted) => {
        const given = await Promise.all(all.filter((each) => each !== pool).map((each) => each.giveBack(wanted)));
        return given.reduce((sum, each) => sum + each, 0);
      },
      onUncovered: () => undefined,
      onEnding: () => undefined,
    });
    all.push(pool);
  }
  for (const pool of all) pool.start();
  return {
    all,
    async stop() {
      await Promise.all(all.map((pool) => pool.stop()));
      await Promise.all(databases.map((database) => database.close()));
    },
  };
}

async function open(file: string): Promise<Database> {
  const config = { engine: 'sqlite' as const, file, readers: 1 };
  const database = await openDatabase({ config, procedures: [licensingProcedures], clock: systemClock, logger: silentLogger });
  await migrate(database, { appliedAt: Date.now(), waitMs: 10_000 });
  return database;
}

/** Each seat granted in SQL, as it would be without blocks: several writers, whose grants share commits. */
async function bare(file: string): Promise<number> {
  const database = await open(file);
  const ledger = new LicensingRepository(database);
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: bareWriters }, async (_, writer) => {
      const holder: Incarnation = { serverId: serverIdSchema.parse(`bare${writer}`), life: 1 };
      for (let request = 1; request <= bareGrants / bareWriters; request++) {
        const asked = { holder, request, anew: false, seats: request, added: [`${writer}-${request}`], removed: [], claimed: [] };
        await ledger.sync({ feature, limit: seats, installedAt, asked });
      }
    }),
  );
  const perSecond = bareGrants / ((performance.now() - startMs) / 1_000);
  await database.close();
  return perSecond;
}

async function churn(all: readonly SeatPool[]): Promise<Figures> {
  const place = Array.from({ length: people }, (_, person) => person % servers);
  const online = new Set<number>();
  const poolOf = (person: number) => all[place[person] ?? 0] as SeatPool;
  const random = () => Math.floor(Math.random() * people);
  /** The server where they were hears of it, as a server hears of new owners. */
  const move = (person: number) => {
    const before = poolOf(person);
    place[person] = Math.floor(Math.random() * servers);
    if (poolOf(person) !== before) before.abandon(`user${person}`);
  };
  let refused = 0;
  const signIn = async (person: number) => {
    online.add(person);
    await poolOf(person)
      .take(`user${person}`)
      .catch(() => {
        refused += 1;
        online.delete(person);
      });
  };
  // A morning: everybody comes within some seconds.
  for (let person = 0; person < people; person += 40) {
    await Promise.all(Array.from({ length: Math.min(40, people - person) }, (_, index) => signIn(person + index)));
    await pause(4);
  }
  const before = all.map(({ counts }) => ({ ...counts }));
  const coming = new Map<number, Promise<void>>();
  const startMs = performance.now();
  while (performance.now() - startMs < churnSeconds * 1_000) {
    for (let index = 0; index < atOnce * servers && coming.size < mostWaiting; index++) {
      const person = random();
      if (coming.has(person)) continue;
      if (online.delete(person)) poolOf(person).leave(`user${person}`);
      else {
        if (Math.random() < elsewhere) move(person);
        coming.set(
          person,
          signIn(person).finally(() => coming.delete(person)),
        );
      }
    }
    await turn();
  }
  await Promise.all(coming.values());
  const seconds = (performance.now() - startMs) / 1_000;
  const sum = (key: 'given' | 'asked') =>
    all.reduce((total, { counts }, index) => total + counts[key] - (before[index]?.[key] ?? 0), 0);
  return {
    seatsPerSecond: sum('given') / seconds,
    sharePercentFromMemory: 100 * (1 - sum('asked') / sum('given')),
    refused,
    held: all.reduce((total, { held }) => total + held.seats, 0),
  };
}

export const licenceContention: Bench = {
  name: 'licence-contention',
  about: '8 servers, 10,000 seats, people coming and going: seats per second, and how many without SQL or Redis in the way.',
  async run({ rounds }) {
    const [products, floors]: [Figures[], Figures[]] = [[], []];
    for (let round = 1; round <= rounds; round++) {
      const folder = new TempFolder('licences');
      const prepare = async (name: string) => {
        const database = await open(folder.file(name));
        await new LicensingRepository(database).install('bench', installedAt, { actor: 'system' });
        await database.close();
        return folder.file(name);
      };
      const floor = { seatsPerSecond: await bare(await prepare('bare.db')) };
      const { all, stop } = await pools(await prepare('pools.db'));
      const product = await churn(all);
      await stop();
      folder.remove();
      for (const [name, figures] of Object.entries({ floor, product }))
        console.error(
          `round ${round} ${name} ${Object.entries(figures)
            .map(([key, value]) => `${key} ${rounded(value)}`)
            .join(', ')}`,
        );
      products.push(product);
      floors.push(floor);
    }
    const [figures, floor] = [medians(products), medians(floors)];
    const targets = [
      atLeast('percent of seats without SQL or Redis in the way', figures.sharePercentFromMemory ?? 0, 99),
      atLeast(
        'seats per second / granting each in SQL',
        (figures.seatsPerSecond ?? 0) / (floor.seatsPerSecond ?? Number.NaN),
        50,
      ),
    ];
    return { bench: this.name, figures, floor, targets };
  },
};
