import { DatabaseLock } from '#test/support/database-lock.ts';
import { eventually } from '#test/support/eventually.ts';
import { atLeast, type Bench, onStage } from './bench.ts';
import { fullLoad, Pairs } from './chat-send.ts';
import { type Figures, medians, rounded } from './figures.ts';
import type { Stage } from './stage/stage.ts';

const smallPairs = 200;
const largePairs = 2_000;

/** What all servers together know to be waiting for the database; the highest of them. Asked seldom, because it is work for them. */
async function pending(stage: Stage): Promise<number> {
  const counts = await Promise.all(
    stage.urls.map(async (url) => {
      const answer = await fetch(new URL('/metrics', url.replace('ws', 'http')));
      const found = /^ucmesh_outbox_pending(?:\{.*\})? (\d+)/m.exec(await answer.text());
      if (found === null) throw new Error('The server does not tell how much is waiting');
      return Number(found[1]);
    }),
  );
  return Math.max(...counts);
}

async function measure(stage: Stage, pairs: number): Promise<Figures> {
  if (stage.databaseFile === undefined) throw new Error('There is no database to take away');
  const crowd = await Pairs.gather(stage, pairs);
  const stored = await fullLoad(stage, crowd);
  await using lock = await DatabaseLock.hold(stage.databaseFile);
  const away = await fullLoad(stage, crowd);
  const waiting = await pending(stage);
  const releasedMs = performance.now();
  await lock.release();
  await eventually(async () => (await pending(stage)) === 0, { withinMs: 120_000, everyMs: 200, what: 'the outbox is empty' });
  const drainSeconds = (performance.now() - releasedMs) / 1_000;
  crowd.leave();
  if (crowd.refused > 0) throw new Error(`${crowd.refused} messages were refused`);
  return {
    storedPerCpuSecond: stored.perCpuSecond,
    storedPerSecond: stored.perSecond,
    pendingPerCpuSecond: away.perCpuSecond,
    pendingPerSecond: away.perSecond,
    waiting,
    drainedPerSecond: waiting / drainSeconds,
  };
}

export const chatOutbox: Bench = {
  name: 'chat-outbox',
  about: 'SQL away, then back: messages accepted per CPU-second against those with SQL there, and how fast they are stored.',
  async run({ large, rounds }) {
    const pairs = large ? largePairs : smallPairs;
    const serverOf = (user: number) => (user % 2 === Math.floor(user / pairs) % 2 ? 0 : 1);
    const measured: Figures[] = [];
    for (let round = 1; round <= rounds; round++) {
      const figures = await onStage('product', { servers: 2, users: 2 * pairs, serverOf }, (stage) => measure(stage, pairs));
      console.error(
        `round ${round} ${Object.entries(figures)
          .map(([name, value]) => `${name} ${rounded(value)}`)
          .join(', ')}`,
      );
      measured.push(figures);
    }
    const figures = medians(measured);
    const ratio = (one: string, other: string) => (figures[one] ?? Number.NaN) / (figures[other] ?? Number.NaN);
    const targets = [
      atLeast('accepted per CPU-second, SQL away / there', ratio('pendingPerCpuSecond', 'storedPerCpuSecond'), 0.5),
      atLeast('drained per second / stored per second', ratio('drainedPerSecond', 'storedPerSecond'), 0.5),
    ];
    return { bench: this.name, figures, floor: {}, targets };
  },
};
