import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { timeOrderedId } from '#shared/random-id.ts';
import { atLeast, atMost, type Bench, inTurn, onStage, ratio, type StageKind, type stages } from './bench.ts';
import { fsyncP95Ms } from './disk.ts';
import { type Figures, percentile } from './figures.ts';
import { type LoadClient, signInAll } from './load/client.ts';
import { atRate } from './load/pace.ts';
import { cpuSeconds } from './process-usage.ts';
import type { Stage } from './stage/stage.ts';

const smallPairs = 200;
const largePairs = 2_000;
/** Messages of one writer that wait for their answers at full load. */
const window = 8;
const warmUpSeconds = 2;
const fullSeconds = 6;
const halfSeconds = 5;
const text = 'A message as people write them: one sentence, not very long, with a full stop.';

/** Pairs of people on different servers; one of each writes. */
export class Pairs {
  readonly #clients: readonly LoadClient[];
  readonly #conversations: readonly string[];
  readonly pairs: number;
  /** When each message that is not yet told was sent, by entry id. */
  readonly #sentMs = new Map<string, number>();
  latencies: number[] = [];
  acknowledged = 0;
  refused = 0;

  static async gather(stage: Stage, pairs: number): Promise<Pairs> {
    const users = Array.from({ length: 2 * pairs }, (_, user) => user);
    const clients = await signInAll(stage, users);
    const opened = await Promise.all(
      clients.slice(0, pairs).map((client, pair) => client.ask('chat.open', { userId: stage.userId(pairs + pair) })),
    );
    return new Pairs(
      clients,
      opened.map(({ conversationId }) => conversationId),
      pairs,
    );
  }

  private constructor(clients: readonly LoadClient[], conversations: readonly string[], pairs: number) {
    this.#clients = clients;
    this.#conversations = conversations;
    this.pairs = pairs;
    for (const reader of clients.slice(pairs)) {
      reader.onEvent = ({ event, entryId }) => {
        if (event !== 'chat.entry') return;
        const sentMs = this.#sentMs.get(entryId);
        if (sentMs !== undefined) this.latencies.push(performance.now() - sentMs);
        this.#sentMs.delete(entryId);
      };
    }
  }

  send(pair: number, done: () => void = () => undefined): void {
    const entryId = timeOrderedId(Date.now());
    this.#sentMs.set(entryId, performance.now());
    const params = { conversationId: this.#conversations[pair], entryId, body: { text } };
    this.#clients[pair]?.send('chat.send', params, ({ error }) => {
      if (error === undefined) this.acknowledged++;
      else this.refused++;
      done();
    });
  }

  leave(): void {
    for (const client of this.#clients) client.close();
  }
}

/** Everybody writes as fast as they are answered. */
export async function fullLoad(stage: Stage, pairs: Pairs): Promise<{ perCpuSecond: number; perSecond: number }> {
  let writing = true;
  const next = (pair: number) => {
    if (writing) pairs.send(pair, () => next(pair));
  };
  for (let pair = 0; pair < pairs.pairs; pair++) for (let open = 0; open < window; open++) next(pair);
  await pause(warmUpSeconds * 1_000);
  const [acknowledged, cpu, startMs] = [pairs.acknowledged, cpuSeconds(stage.pids), performance.now()];
  await pause(fullSeconds * 1_000);
  const messages = pairs.acknowledged - acknowledged;
  const figures = {
    perCpuSecond: messages / (cpuSeconds(stage.pids) - cpu),
    perSecond: messages / ((performance.now() - startMs) / 1_000),
  };
  writing = false;
  await pause(500);
  return figures;
}

async function halfLoad(pairs: Pairs, perSecond: number): Promise<Figures> {
  await atRate(perSecond, warmUpSeconds, (index) => pairs.send(index % pairs.pairs));
  pairs.latencies = [];
  await atRate(perSecond, halfSeconds, (index) => pairs.send(index % pairs.pairs));
  await pause(500);
  const { latencies } = pairs;
  return { p50Ms: percentile(latencies, 0.5), p95Ms: percentile(latencies, 0.95), p99Ms: percentile(latencies, 0.99) };
}

export const chatSend: Bench = {
  name: 'chat-send',
  about: '200 pairs across two servers, acknowledged = committed: messages per CPU-second, latency at half load.',
  async run({ large, rounds }) {
    const pairs = large ? largePairs : smallPairs;
    const options = {
      servers: 2,
      users: 2 * pairs,
      serverOf: (user: number) => (user % 2 === Math.floor(user / pairs) % 2 ? 0 : 1),
    };
    // Both are given half of what the product carried in the round before.
    let half = 0;
    const measure = (kind: StageKind) =>
      onStage(kind, options, async (stage) => {
        const crowd = await Pairs.gather(stage, pairs);
        // First, so that both are warm when it is measured how long a message takes.
        const { perCpuSecond, perSecond } = await fullLoad(stage, crowd);
        const latency = await halfLoad(crowd, half);
        if (kind === 'product') half = perSecond / 2;
        crowd.leave();
        if (crowd.refused > 0) throw new Error(`${crowd.refused} messages were refused`);
        const figures = { messagesPerCpuSecond: perCpuSecond, messagesPerSecond: perSecond, ...latency };
        if (stage.databaseFile === undefined) return figures;
        return { ...figures, fsyncP95Ms: await fsyncP95Ms(dirname(stage.databaseFile)) };
      });
    half = await productHalf(options, pairs);
    const { figures, floor } = await inTurn(rounds, measure);
    const targets = [
      atLeast('messagesPerCpuSecond / floor', ratio(figures, floor, 'messagesPerCpuSecond'), 0.25),
      atMost('p95Ms at half load / floor', ratio(figures, floor, 'p95Ms'), 3),
    ];
    return { bench: this.name, figures, floor, targets };
  },
};

/** Half of what the product carries, so that the first round of the floor gets the same load. */
async function productHalf(options: Parameters<typeof stages.product>[0], pairs: number): Promise<number> {
  return onStage('product', options, async (stage) => {
    const crowd = await Pairs.gather(stage, pairs);
    const { perSecond } = await fullLoad(stage, crowd);
    crowd.leave();
    return perSecond / 2;
  });
}
