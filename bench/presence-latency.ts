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
  // A change and what is told of it have their version in common; the answer that names it may come before or after.
  const sentMs = new Map<string, number>();
  const toldMs = new Map<string, number>();
  const latencies: number[] = [];
  let recording = false;
  const settle = (version: string) => {
    const [from, to] = [sentMs.get(version), toldMs.get(version)];
    if (from === undefined || to === undefined) return;
    sentMs.delete(version);
    toldMs.delete(version);
    if (recording) latencies.push(to - from);
  };
  watcher.onEvent = ({ event, version }) => {
    if (event !== 'presence.changed') return;
    toldMs.set(String(version), performance.now());
    settle(String(version));
  };
  let changes = 0;
  const change = () => {
    const state = states[changes++ % states.length];
    const atMs = performance.now();
    person.send('presence.set', { actId: randomId(), state }, ({ result }) => {
      sentMs.set(String(result.version), atMs);
      settle(String(result.version));
    });
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
