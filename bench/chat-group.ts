import { setTimeout as pause } from 'node:timers/promises';
import { timeOrderedId } from '#shared/random-id.ts';
import { atLeast, atMost, type Bench, inTurn, onStage, ratio } from './bench.ts';
import type { Figures } from './figures.ts';
import { type LoadClient, signInAll } from './load/client.ts';
import { atRate } from './load/pace.ts';
import { ToldEntries } from './load/told-entries.ts';
import { cpuSeconds } from './process-usage.ts';
import type { Stage } from './stage/stage.ts';

interface Size {
  readonly members: number;
  /** The first of the members; half of them on each server. */
  readonly connected: number;
}

const small: Size = { members: 1_000, connected: 500 };
const large: Size = { members: 1_000, connected: 1_000 };
/** Members who write, on both servers. */
const writers = 20;
const perSecond = 40;
const warmUpSeconds = 3;
const seconds = 6;
/** For so long what servers tell each other is read, which costs something and is not part of what is measured. */
const listenedSeconds = 2;
const settleMs = 1_000;
/** How many people one request may name. */
const namedAtOnce = 200;
const text = 'A message as people write them: one sentence, not very long, with a full stop.';

/** One group, and those of its members who are connected. */
class Group {
  readonly #clients: readonly LoadClient[];
  readonly conversationId: string;
  delivered = 0;
  acknowledged = 0;

  static async gather(stage: Stage, { members, connected }: Size): Promise<Group> {
    const clients = await signInAll(
      stage,
      Array.from({ length: connected }, (_, user) => user),
    );
    const everybody = Array.from({ length: members }, (_, user) => stage.userId(user));
    const [founder] = clients;
    if (founder === undefined) throw new Error('nobody is connected');
    const first = { kind: 'group', title: 'Everybody', members: everybody.slice(0, namedAtOnce) };
    const { conversationId } = await founder.ask('chat.createGroup', { entryId: timeOrderedId(Date.now()), ...first });
    for (let at = namedAtOnce; at < members; at += namedAtOnce) {
      const more = { conversationId, members: everybody.slice(at, at + namedAtOnce) };
      await founder.ask('chat.addMembers', { entryId: timeOrderedId(Date.now()), ...more });
    }
    return new Group(clients, conversationId);
  }

  private constructor(clients: readonly LoadClient[], conversationId: string) {
    this.#clients = clients;
    this.conversationId = conversationId;
    for (const client of clients) {
      client.onEvent = ({ event }) => {
        if (event === 'chat.entry') this.delivered++;
      };
    }
  }

  /** Everybody who is connected, but for the writer, is told of it. */
  write(writer: number): void {
    const params = { conversationId: this.conversationId, entryId: timeOrderedId(Date.now()), body: { text } };
    this.#clients[writer]?.send('chat.send', params, ({ error }) => {
      if (error !== undefined) throw new Error(`a message was refused: ${JSON.stringify(error)}`);
      this.acknowledged++;
    });
  }

  leave(): void {
    for (const client of this.#clients) client.close();
  }
}

async function measure(stage: Stage, size: Size): Promise<Figures> {
  const group = await Group.gather(stage, size);
  await atRate(perSecond, warmUpSeconds, (index) => group.write(index % writers));
  await pause(settleMs);
  const { delivered, acknowledged } = group;
  const cpuBefore = cpuSeconds(stage.pids);
  await atRate(perSecond, seconds, (index) => group.write(index % writers));
  await pause(settleMs);
  const cpu = cpuSeconds(stage.pids) - cpuBefore;
  const messages = group.acknowledged - acknowledged;
  const told = (group.delivered - delivered) / messages;
  if (Math.abs(told - (size.connected - 1)) > 0.5) throw new Error(`a message was told to ${told} of ${size.connected - 1}`);
  const between = await tellsBetweenServers(group, stage.redisPort);
  group.leave();
  return { deliveriesPerCpuSecond: (messages * told) / cpu, ...between };
}

/** What servers tell each other of a message: in how many events it stands, and how many members these name. */
async function tellsBetweenServers(group: Group, redisPort: number): Promise<Figures> {
  const told = await ToldEntries.of(group.conversationId, redisPort);
  const { acknowledged } = group;
  await atRate(perSecond, listenedSeconds, (index) => group.write(index % writers));
  await pause(settleMs);
  told.stop();
  const messages = group.acknowledged - acknowledged;
  return { eventsPerMessage: told.count / messages, namesPerMessage: told.names / messages };
}

export const chatGroup: Bench = {
  name: 'chat-group',
  about:
    'One group of 1,000, 500 of them connected on two servers: what does a delivery cost, how many events do servers exchange?',
  async run({ large: isLarge, rounds }) {
    const size = isLarge ? large : small;
    const stage = { servers: 2, users: size.members, serverOf: (user: number) => user % 2 };
    const { figures, floor } = await inTurn(rounds, (kind) => onStage(kind, stage, (servers) => measure(servers, size)));
    const targets = [
      atLeast('deliveriesPerCpuSecond / floor', ratio(figures, floor, 'deliveriesPerCpuSecond'), 0.6),
      atMost('events to the other server / message', figures.eventsPerMessage ?? Number.NaN, 1),
      atMost('members named to the other server / message', figures.namesPerMessage ?? Number.NaN, 0),
    ];
    return { bench: this.name, figures, floor, targets };
  },
};
