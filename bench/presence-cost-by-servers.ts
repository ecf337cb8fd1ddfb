import { setTimeout as pause } from 'node:timers/promises';
import { randomId } from '#shared/random-id.ts';
import { atMost, type Bench, inTurn, onStage } from './bench.ts';
import { type Figures, rounded } from './figures.ts';
import { signInAll } from './load/client.ts';
import { atRate } from './load/pace.ts';
import { cpuSeconds } from './process-usage.ts';
import type { Stage } from './stage/stage.ts';

const people = 50;
const watchers = 50;
const changesPerSecond = 500;
const idleSeconds = 2;
const workSeconds = 3;
const states = ['available', 'busy', 'doNotDisturb', 'away'] as const;

/** CPU seconds over all servers and Redis for 10,000 changes, without what they use when nothing happens. */
async function cpuPer10000(stage: Stage): Promise<number> {
  const clients = await signInAll(
    stage,
    Array.from({ length: people + watchers }, (_, user) => user),
  );
  const changing = clients.slice(0, people);
  const userIds = changing.map((_, person) => stage.userId(person));
  for (const watcher of clients.slice(people)) await watcher.ask('presence.watch', { userIds });
  const changes = changing.map(() => 0);
  const change = (index: number) => {
    const person = index % people;
    const count = (changes[person] ?? 0) + 1;
    changes[person] = count;
    const state = states[count % states.length];
    changing[person]?.send('presence.set', { actId: randomId(), state }, () => undefined);
  };
  await atRate(changesPerSecond, 1, change);
  await pause(500);
  const idleFrom = cpuSeconds(stage.pids);
  await pause(idleSeconds * 1_000);
  const idle = (cpuSeconds(stage.pids) - idleFrom) / idleSeconds;
  const from = cpuSeconds(stage.pids);
  const startMs = performance.now();
  await atRate(changesPerSecond, workSeconds, change);
  await pause(300);
  const seconds = (performance.now() - startMs) / 1_000;
  const used = cpuSeconds(stage.pids) - from - idle * seconds;
  for (const client of clients) client.close();
  return (used / (changesPerSecond * workSeconds)) * 10_000;
}

export const presenceCostByServers: Bench = {
  name: 'presence-cost-by-servers',
  about: '2, 4 and 8 servers, all watchers on one: does a change cost more because there are more servers?',
  async run({ large, rounds }) {
    const counts = large ? [2, 4, 8, 16] : [2, 4, 8];
    const ends = [2, 8];
    const { figures, floor } = await inTurn(rounds, async (kind) => {
      const costs: Record<string, number> = {};
      // Of the floor the ends are enough: it knows nothing that could grow in between.
      for (const servers of kind === 'floor' ? ends : counts) {
        // The people are on the first server, all who watch them on the second; the others have nothing to do with it.
        const stage = { servers, users: people + watchers, serverOf: (user: number) => (user < people ? 0 : 1) };
        costs[`cpuSecondsPer10000On${servers}`] = await onStage(kind, stage, cpuPer10000);
      }
      return costs;
    });
    const growth = (of: Figures) => (of.cpuSecondsPer10000On8 ?? Number.NaN) / (of.cpuSecondsPer10000On2 ?? Number.NaN);
    return {
      bench: this.name,
      figures: { ...figures, growth: rounded(growth(figures)) },
      floor: { ...floor, growth: rounded(growth(floor)) },
      targets: [atMost('cost on 8 servers / on 2', growth(figures), 1.15)],
    };
  },
};
