import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { userIdSchema } from '#shared/ids.ts';
import { endProcess, spawnBound } from '#test/support/child-process.ts';
import { directConversationId } from '#ucserver/chat/conversation-id.ts';
import { atMost, type Bench, onStage } from './bench.ts';
import { Pairs } from './chat-send.ts';
import { type Figures, medians, percentile, rounded } from './figures.ts';
import { LoadClient, signInAll } from './load/client.ts';
import { atRate } from './load/pace.ts';
import { portOf } from './stage/floor-stage.ts';
import type { Stage } from './stage/stage.ts';
import { Vocabulary } from './stage/vocabulary.ts';
import { type WrittenHistory, writtenHistory, writtenServerOf } from './stage/written-history.ts';

const bareQuery = resolve(import.meta.dirname, 'floor/history.ts');
const pageEntries = 50;
const deepPage = 1_000;
const firstPages = 2_000;
const deepPages = 1_000;
const searches = 600;
const pairs = 100;
const sendsPerSecond = 300;
const sendSeconds = 5;
/** People who search while others write, each one search after another. */
const searchers = 2;

/** How long `act` takes, in ms, once after another. */
async function timed(times: number, act: (index: number) => Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < times; index++) {
    const startMs = performance.now();
    await act(index);
    latencies.push(performance.now() - startMs);
  }
  return latencies;
}

/** What people look for: rare and frequent words, beginnings, several at once, of somebody, of a time, and what is not there. */
class Questions {
  readonly #vocabulary = new Vocabulary();
  readonly #random = this.#vocabulary.random(7);
  readonly #stage: Stage;
  readonly #people: readonly number[];

  constructor(stage: Stage, people: readonly number[]) {
    this.#stage = stage;
    this.#people = people;
  }

  next(index: number): object {
    const word = (below: number) => this.#vocabulary.word(Math.floor(this.#random() * below));
    switch (index % 6) {
      case 0:
        return { words: word(this.#vocabulary.size) };
      case 1:
        return { words: word(50) };
      case 2:
        return { words: word(2_000).slice(0, 3) };
      case 3:
        return { words: `${word(200)} ${word(2_000)}` };
      case 4:
        return {
          words: word(5_000),
          author: this.#stage.userId(this.#people[Math.floor(this.#random() * this.#people.length)] ?? 0),
        };
      default:
        return { words: `${word(2_000)}qx`, from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 11, 31) };
    }
  }
}

/** Latency of messages at a fixed rate. */
async function sending(crowd: Pairs): Promise<number> {
  await atRate(sendsPerSecond, 1, (index) => crowd.send(index % pairs));
  crowd.latencies = [];
  await atRate(sendsPerSecond, sendSeconds, (index) => crowd.send(index % pairs));
  await pause(300);
  return percentile(crowd.latencies, 0.95);
}

async function sendingWhileSearching(crowd: Pairs, readers: readonly LoadClient[], questions: Questions) {
  let searching = true;
  let answered = 0;
  const loops = readers.slice(0, searchers).map(async (reader, searcher) => {
    for (let index = searcher; searching; index++) {
      await reader.ask('chat.search', questions.next(index));
      answered++;
    }
  });
  const p95Ms = await sending(crowd);
  searching = false;
  await Promise.all(loops);
  return { p95Ms, perSecond: answered / (sendSeconds + 1.3) };
}

async function measure(stage: Stage, history: WrittenHistory): Promise<Figures> {
  const { conversations } = history;
  if (stage.databaseFile === undefined) throw new Error('There is no database to ask');
  const child = spawnBound(process.execPath, [bareQuery, stage.databaseFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const bare = await LoadClient.signIn({ ...stage, urls: [`ws://127.0.0.1:${await portOf(child)}`], serverOf: () => 0 }, 0);
  const clients = await signInAll(stage, history.readers);
  const readerOf = (user: number) => clients[history.readers.indexOf(user)] as LoadClient;
  const idOf = ([one, other]: readonly [number, number]) =>
    directConversationId(userIdSchema.parse(stage.userId(one)), userIdSchema.parse(stage.userId(other)));
  const ofReader = (index: number) => {
    const conversation = conversations[(index * 7_919) % conversations.length];
    if (conversation === undefined) throw new Error('there are no conversations');
    return { reader: readerOf(conversation.between[0]), conversationId: idOf(conversation.between) };
  };
  const deep = conversations.filter(({ entries }) => entries > (deepPage + 1) * pageEntries);
  const deepOf = (index: number) => {
    const conversation = deep[index % deep.length];
    if (conversation === undefined) throw new Error('no conversation has that many pages');
    const before = conversation.entries - deepPage * pageEntries - ((index * 7) % pageEntries);
    const reader = readerOf(conversation.between[0]);
    return { reader, params: { conversationId: idOf(conversation.between), before, limit: pageEntries } };
  };
  const ask = (client: LoadClient, params: object) => client.ask('chat.history', params);
  const first = (index: number) => ({ ...ofReader(index), limit: pageEntries });
  // Both in turn, so that what the machine does meanwhile meets both.
  const [bareMs, firstMs, deepMs]: [number[], number[], number[]] = [[], [], []];
  for (let index = 0; index < firstPages; index++) {
    const { reader, conversationId, limit } = first(index);
    bareMs.push(...(await timed(1, () => ask(bare, { conversationId, limit }))));
    firstMs.push(...(await timed(1, () => ask(reader, { conversationId, limit }))));
    if (index >= deepPages) continue;
    const { reader: other, params } = deepOf(index);
    deepMs.push(...(await timed(1, () => ask(other, params))));
  }
  bare.close();
  await endProcess(child);
  const questions = new Questions(stage, history.readers);
  const search = (index: number) => (clients[index % clients.length] as LoadClient).ask('chat.search', questions.next(index));
  const searchMs = await timed(searches, search);
  const crowd = await Pairs.gather(stage, pairs);
  const idle = await sending(crowd);
  const busy = await sendingWhileSearching(crowd, clients, questions);
  crowd.leave();
  for (const client of clients) client.close();
  return {
    bareP50Ms: percentile(bareMs, 0.5),
    bareP99Ms: percentile(bareMs, 0.99),
    firstPageP50Ms: percentile(firstMs, 0.5),
    firstPageP99Ms: percentile(firstMs, 0.99),
    page1000P50Ms: percentile(deepMs, 0.5),
    page1000P99Ms: percentile(deepMs, 0.99),
    searchP50Ms: percentile(searchMs, 0.5),
    searchP99Ms: percentile(searchMs, 0.99),
    sendP95Ms: idle,
    sendP95MsWhileSearching: busy.p95Ms,
    searchesPerSecondMeanwhile: busy.perSecond,
  };
}

export const chatHistory: Bench = {
  name: 'chat-history',
  about: '1 million messages: first page, page 1,000 and search against the bare query; sending while others search.',
  async run({ large, rounds }) {
    const history = await writtenHistory(large ? 10 : 1);
    const options = {
      servers: 2,
      users: history.users,
      serverOf: writtenServerOf,
      databaseFrom: history.databaseFile,
    };
    const measured: Figures[] = [];
    for (let round = 1; round <= rounds; round++) {
      const figures = await onStage('product', options, (stage) => measure(stage, history));
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
      atMost('first page p99 / bare query', ratio('firstPageP99Ms', 'bareP99Ms'), 3),
      atMost('page 1,000 p99 / first page', ratio('page1000P99Ms', 'firstPageP99Ms'), 1.5),
      atMost('search p99 / first page', ratio('searchP99Ms', 'firstPageP99Ms'), 20),
    ];
    return { bench: this.name, figures, floor: {}, targets };
  },
};
