import { setTimeout as pause } from 'node:timers/promises';
import { atMost, type Bench, inTurn, onStage, ratio } from './bench.ts';
import type { Figures } from './figures.ts';
import { LoadClient } from './load/client.ts';
import { watchedContacts } from './load/contacts.ts';
import { passwordSignInsPerSecond } from './load/passwords.ts';
import { cpuSeconds } from './process-usage.ts';
import type { Stage } from './stage/stage.ts';

const smallCrowd = 2_000;
const largeCrowd = 20_000;
/** Sign-ins under way at the same time. */
const atOnce = 50;
const settleSeconds = 1;

async function measure(stage: Stage, people: number): Promise<Figures> {
  const clients: LoadClient[] = [];
  const cpuBefore = cpuSeconds(stage.pids);
  const startMs = performance.now();
  let next = 0;
  const signInSome = async () => {
    while (next < people) {
      const user = next++;
      const client = await LoadClient.signIn(stage, user);
      await client.ask('presence.watch', { userIds: watchedContacts(user, people).map((contact) => stage.userId(contact)) });
      clients.push(client);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, signInSome));
  const seconds = (performance.now() - startMs) / 1_000;
  await pause(settleSeconds * 1_000);
  const cpu = cpuSeconds(stage.pids) - cpuBefore;
  for (const client of clients) client.close();
  return { cpuMsPerSignIn: (cpu / people) * 1_000, signInsPerSecond: people / seconds };
}

export const signInStorm: Bench = {
  name: 'sign-in-storm',
  about: '2,000 token sign-ins, each with 50 watched contacts: CPU per sign-in; password sign-ins beside.',
  async run({ large, rounds }) {
    const people = large ? largeCrowd : smallCrowd;
    const options = { servers: 2, users: people, serverOf: (user: number) => user % 2 };
    const { figures, floor } = await inTurn(rounds, (kind) => onStage(kind, options, (stage) => measure(stage, people)));
    const passwords = await onStage('product', { ...options, users: 50 }, (stage) => passwordSignInsPerSecond(stage));
    const targets = [atMost('cpuMsPerSignIn / floor', ratio(figures, floor, 'cpuMsPerSignIn'), 2.5)];
    return { bench: this.name, figures: { ...figures, passwordSignInsPerSecond: passwords }, floor, targets };
  },
};
