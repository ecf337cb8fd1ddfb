import { setTimeout as pause } from 'node:timers/promises';
import { atMost, type Bench, inTurn, onStage, ratio } from './bench.ts';
import type { Figures } from './figures.ts';
import { passwordSignInsPerSecond } from './load/passwords.ts';
import { signInCrowd, warmUpPeople } from './load/storm.ts';
import { cpuSeconds } from './process-usage.ts';
import type { Stage } from './stage/stage.ts';

const smallCrowd = 2_000;
const largeCrowd = 20_000;
const settleSeconds = 1;

async function measure(stage: Stage, people: number): Promise<Figures> {
  const early = await signInCrowd(stage, people, warmUpPeople);
  await pause(settleSeconds * 1_000);
  const cpuBefore = cpuSeconds(stage.pids);
  const startMs = performance.now();
  const clients = await signInCrowd(stage, 0, people);
  const seconds = (performance.now() - startMs) / 1_000;
  await pause(settleSeconds * 1_000);
  const cpu = cpuSeconds(stage.pids) - cpuBefore;
  for (const client of [...early, ...clients]) client.close();
  return { cpuMsPerSignIn: (cpu / people) * 1_000, signInsPerSecond: people / seconds };
}

export const signInStorm: Bench = {
  name: 'sign-in-storm',
  about: '2,000 token sign-ins, each with 50 watched contacts: CPU per sign-in; password sign-ins beside.',
  async run({ large, rounds }) {
    const people = large ? largeCrowd : smallCrowd;
    const options = { servers: 2, users: people + warmUpPeople, serverOf: (user: number) => user % 2 };
    const { figures, floor } = await inTurn(rounds, (kind) => onStage(kind, options, (stage) => measure(stage, people)));
    const passwords = await onStage('product', { ...options, users: 50 }, (stage) => passwordSignInsPerSecond(stage));
    const targets = [atMost('cpuMsPerSignIn / floor', ratio(figures, floor, 'cpuMsPerSignIn'), 2.5)];
    return { bench: this.name, figures: { ...figures, passwordSignInsPerSecond: passwords }, floor, targets };
  },
};
