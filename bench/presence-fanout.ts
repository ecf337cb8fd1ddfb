import { setTimeout as pause } from 'node:timers/promises';
import { randomId } from '#shared/random-id.ts';
import { atLeast, atMost, type Bench, inTurn, onStage, ratio } from './bench.ts';
import type { Figures } from './figures.ts';
import { type LoadClient, signInAll } from './load/client.ts';
import { atRate } from './load/pace.ts';
import { cpuSeconds } from './process-usage.ts';
import type { Stage } from './stage/stage.ts';

interface Size {
  /** Those who change. */
  readonly people: number;
  readonly watchersEach: number;
  /** All who are connected; the people are the first of them. */
  readonly connections: number;
}

const small: Size = { people: 200, watchersEach: 50, connections: 500 };
const large: Size = { people: 1_000, watchersEach: 50, connections: 2_500 };
const rates = [200, 800];
const secondsEach = 4;
const floodSeconds = 3;
/** Changes of one person that wait for their answers while flooding. */
const floodWindow = 4;
const newestWithinMs = 250;
const states = ['available', 'busy', 'doNotDisturb', 'away'] as const;

class Crowd {
  readonly clients: readonly LoadClient[];
  readonly people: readonly LoadClient[];
  delivered = 0;
  /** The state each connection has last heard of each person. */
  readonly #heard: Map<string, string>[];
  readonly #stage: Stage;
  readonly #size: Size;
  /** How often each person has changed: the state differs from the one before, which would be no change. */
  readonly #changes: number[];

  static async gather(stage: Stage, size: Size): Promise<Crowd> {
    const clients = await signInAll(
      stage,
      Array.from({ length: size.connections }, (_, user) => user),
    );
    const crowd = new Crowd(stage, size, clients);
    for (const [index, client] of clients.entries()) {
      await client.ask('presence.watch', { userIds: crowd.#watchedBy(index).map((person) => stage.userId(person)) });
    }
    return crowd;
  }

  private constructor(stage: Stage, size: Size, clients: readonly LoadClient[]) {
    this.#stage = stage;
    this.#size = size;
    this.clients = clients;
    this.people = clients.slice(0, size.people);
    this.#heard = clients.map(() => new Map());
    this.#changes = this.people.map(() => 0);
    for (const [index, client] of clients.entries()) {
      client.onEvent = ({ event, userId, state }) => {
        if (event !== 'presence.changed') return;
        this.delivered++;
        this.#heard[index]?.set(userId, state);
      };
    }
  }

  /** The people whom a connection watches: spread so that each person has equally many watchers, on both servers. */
  #watchedBy(connection: number): number[] {
    const { people, connections, watchersEach } = this.#size;
    const each = (people * watchersEach) / connections;
    return Array.from({ length: each }, (_, index) => (connection * each + index) % people);
  }

  change(person: number, done: () => void = () => undefined): string {
    const changes = (this.#changes[person] ?? 0) + 1;
    this.#changes[person] = changes;
    const state = states[changes % states.length] ?? 'available';
    this.people[person]?.send('presence.set', { actId: randomId(), state }, done);
    return state;
  }

  /** How long it takes after `newest` was set until every watcher has heard it, ms; infinite when longer than 5 s. */
  async untilHeard(newest: readonly string[]): Promise<number> {
    const startMs = performance.now();
    while (performance.now() - startMs < 5_000) {
      if (this.#allHeard(newest)) return performance.now() - startMs;
      await pause(5);
    }
    return Number.POSITIVE_INFINITY;
  }

  #allHeard(newest: readonly string[]): boolean {
    return this.#heard.every((heard, connection) =>
      this.#watchedBy(connection).every((person) => heard.get(this.#stage.userId(person)) === newest[person]),
    );
  }

  leave(): void {
    for (const client of this.clients) client.close();
  }
}

async function deliveriesPerCpuSecond(crowd: Crowd, stage: Stage, size: Size, perSecond: number): Promise<number> {
  const cpuBefore = cpuSeconds(stage.pids);
  const deliveredBefore = crowd.delivered;
  await atRate(perSecond, secondsEach, (index) => crowd.change(index % size.people));
  await pause(300);
  return (crowd.delivered - deliveredBefore) / (cpuSeconds(stage.pids) - cpuBefore);
}

/** Everybody changes as fast as they are answered; then each sets a last state. */
async function flood(crowd: Crowd, size: Size): Promise<{ changesPerSecond: number; newestMs: number }> {
  let answered = 0;
  let flooding = true;
  const next = (person: number) => {
    answered++;
    if (flooding) crowd.change(person, () => next(person));
  };
  const startMs = performance.now();
  for (let person = 0; person < size.people; person++) {
    for (let open = 0; open < floodWindow; open++) crowd.change(person, () => next(person));
  }
  await pause(floodSeconds * 1_000);
  flooding = false;
  const changesPerSecond = answered / ((performance.now() - startMs) / 1_000);
  const newest: string[] = [];
  await Promise.all(
    crowd.people.map(
      (_, person) =>
        new Promise<void>((answeredLast) => {
          newest[person] = crowd.change(person, answeredLast);
        }),
    ),
  );
  return { changesPerSecond, newestMs: await crowd.untilHeard(newest) };
}

async function measure(stage: Stage, size: Size): Promise<Figures> {
  const crowd = await Crowd.gather(stage, size);
  await atRate(200, 2, (index) => crowd.change(index % size.people));
  const figures: Record<string, number> = {};
  for (const perSecond of rates) {
    figures[`deliveriesPerCpuSecondAt${perSecond}`] = await deliveriesPerCpuSecond(crowd, stage, size, perSecond);
  }
  const { changesPerSecond, newestMs } = await flood(crowd, size);
  crowd.leave();
  return { ...figures, floodChangesPerSecond: changesPerSecond, floodNewestMs: newestMs };
}

export const presenceFanout: Bench = {
  name: 'presence-fanout',
  about: '200 people, each watched by 50 of 500 connections on two servers: what does a delivery cost, what does a flood do?',
  async run({ large: isLarge, rounds }) {
    const size = isLarge ? large : small;
    const stage = { servers: 2, users: size.connections, serverOf: (user: number) => user % 2 };
    const { figures, floor } = await inTurn(rounds, (kind) => onStage(kind, stage, (servers) => measure(servers, size)));
    const least = (name: string, limit: number) => atLeast(`${name} / floor`, ratio(figures, floor, name), limit);
    const targets = [
      ...rates.map((perSecond) => least(`deliveriesPerCpuSecondAt${perSecond}`, 0.7)),
      least('floodChangesPerSecond', 0.5),
      atMost('floodNewestMs', figures.floodNewestMs ?? Number.NaN, newestWithinMs),
    ];
    return { bench: this.name, figures, floor, targets };
  },
};
