import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, BenchResult } from './bench.ts';
import { chatGroup } from './chat-group.ts';
import { chatHistory } from './chat-history.ts';
import { chatOutbox } from './chat-outbox.ts';
import { chatSend } from './chat-send.ts';
import { journalWrite } from './journal-write.ts';
import { licenceContention } from './licence-contention.ts';
import { machine } from './machine.ts';
import { presenceCostByServers } from './presence-cost-by-servers.ts';
import { presenceFanout } from './presence-fanout.ts';
import { presenceLatency } from './presence-latency.ts';
import { sessionMemory } from './session-memory.ts';
import { signInStorm } from './sign-in-storm.ts';
import { sipCalls } from './sip-calls.ts';
import { sipEdge } from './sip-edge.ts';
import { sipRegister } from './sip-register.ts';

const benches: readonly Bench[] = [
  presenceLatency,
  presenceFanout,
  presenceCostByServers,
  chatSend,
  chatOutbox,
  chatGroup,
  chatHistory,
  licenceContention,
  journalWrite,
  signInStorm,
  sessionMemory,
  sipEdge,
  sipCalls,
  sipRegister,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    // Fewer than three are for trying things: nothing is kept then.
    rounds: { type: 'string', default: '3' },
  },
});

function list(): void {
  for (const { name, about } of benches) console.log(`${name.padEnd(26)} ${about}`);
}

function print({ figures, floor, targets }: BenchResult): void {
  for (const name of Object.keys({ ...floor, ...figures })) {
    console.log(
      `${name.padEnd(36)} product ${String(figures[name] ?? '–').padStart(10)}   floor ${String(floor[name] ?? '–').padStart(10)}`,
    );
  }
  for (const { name, value, limit, ok } of targets)
    console.log(`${ok ? 'reached' : 'MISSED '} ${name}: ${value} (limit ${limit})`);
}

/** Keeps the result with the day and the machine. */
function keep(result: BenchResult): void {
  const folder = resolve(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const kept = { date, large: values.large, machine: machine(), ...result };
  writeFileSync(resolve(folder, `${date}-${result.bench}.json`), `${JSON.stringify(kept, undefined, 2)}\n`);
}

const [name] = positionals;
const bench = benches.find((each) => each.name === name);
if (name === undefined) list();
else if (bench === undefined) {
  console.error(`There is no bench ${name}.`);
  list();
  process.exitCode = 2;
} else {
  const rounds = Number(values.rounds);
  const result = await bench.run({ large: values.large, rounds });
  if (rounds >= 3) keep(result);
  if (!values.json) print(result);
  console.log(JSON.stringify(result));
  process.exitCode = result.targets.every(({ ok }) => ok) ? 0 : 1;
  process.exit();
}
