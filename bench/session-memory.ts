import { setTimeout as pause } from 'node:timers/promises';
import { atMost, type Bench, inTurn, onStage, ratio } from './bench.ts';
import type { Figures } from './figures.ts';
import { signInCrowd, warmUpPeople } from './load/storm.ts';
import { residentBytes } from './process-usage.ts';
import type { Stage } from './stage/stage.ts';

const smallCrowd = 5_000;
const largeCrowd = 20_000;
/** How long servers get to give back what signing in left behind. */
const settleSeconds = 6;

async function measure(stage: Stage, people: number): Promise<Figures> {
  const early = await signInCrowd(stage, people, warmUpPeople);
  const before = residentBytes(stage.serverPids);
  const clients = await signInCrowd(stage, 0, people);
  let least = Number.POSITIVE_INFINITY;
  for (let second = 0; second < settleSeconds; second++) {
    await pause(1_000);
    least = Math.min(least, residentBytes(stage.serverPids));
  }
  for (const client of [...early, ...clients]) client.close();
  return { kibPerSession: (least - before) / people / 1_024, warmMiB: before / 2 ** 20 };
}

export const sessionMemory: Bench = {
  name: 'session-memory',
  about: '5,000 idle sessions with 50 watched contacts each: resident memory per session.',
  async run({ large, rounds }) {
    const people = large ? largeCrowd : smallCrowd;
    const options = { servers: 2, users: people + warmUpPeople, serverOf: (user: number) => user % 2 };
    const { figures, floor } = await inTurn(rounds, (kind) => onStage(kind, options, (stage) => measure(stage, people)));
    const targets = [atMost('kibPerSession / floor', ratio(figures, floor, 'kibPerSession'), 2)];
    return { bench: this.name, figures, floor, targets };
  },
};
