import { setTimeout as pause } from 'node:timers/promises';
import { randomId } from '#shared/random-id.ts';
import { atMost, type Bench, inTurn, onStage, ratio } from './bench.ts';
import { type Figures, percentile } from './figures.ts';
import { LoadClient } from './load/client.ts';
import { atRate } from './load/pace.ts';
import type { Stage } from './stage/stage.ts';

const changesPerSecond = 100;
const states = ['available', 'busy', 'doNotDisturb', 'away'] as const;

async function measure(stage: Stage, seconds: number): Promise<Figures> {
  const person = await LoadClient.signIn(stage, 0);
  const watcher = await LoadClient.signIn(stage, 1);
  await watcher.ask('presence.watch', { userIds: [stage.userId(0)] });
  const sent: { state: string; atMs: number }[] = [];
  const latencies: number[] = [];
  let recording = false;
  watcher.onEvent = ({ event, state }) => {
    if (event !== 'presence.changed') return;
    // What was replaced by something newer before it was told is not told at all.
    for (let next = sent.shift(); next !== undefined; next = sent.shift()) {
      if (next.state !== state) continue;
      if (recording) latencies.push(performance.now() - next.atMs);
      return;
    }
  };
  let changes = 0;
  const change = () => {
    const state = states[changes++ % states.length] ?? 'available';
    sent.push({ state, atMs: performance.now() });
    person.send('presence.set', { actId: randomId(), state }, () => undefined);
  };
  await atRate(changesPerSecond, 2, change);
  recording = true;
  await atRate(changesPerSecond, seconds, change);
  await pause(200);
  for (const client of [person, watcher]) client.close();
  return {
    p50Ms: percentile(latencies, 0.5),
    p95Ms: percentile(latencies, 0.95),
    p99Ms: percentile(latencies, 0.99),
    told: latencies.length / (changesPerSecond * seconds),
  };
}

export const presenceLatency: Bench = {
  name: 'presence-latency',
  about: '100 changes/s of one person on server 1: how soon does a watcher on server 2 see them?',
  async run({ large, rounds }) {
    const stage = { servers: 2, users: 2, serverOf: (user: number) => user };
    const { figures, floor } = await inTurn(rounds, (kind) =>
      onStage(kind, stage, (servers) => measure(servers, large ? 60 : 10)),
    );
    const limit = (name: string) => atMost(`${name} / floor`, ratio(figures, floor, name), 1.5);
    return { bench: this.name, figures, floor, targets: [limit('p50Ms'), limit('p95Ms')] };
  },
};
