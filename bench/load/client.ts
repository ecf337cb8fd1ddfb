import { once } from 'node:events';
import { WebSocket } from 'ws';
import { subprotocol, wireLimits } from '#shared/protocol/wire-limits.ts';
import type { Stage } from '../stage/stage.ts';

/** An event as it arrives; the bench knows which fields it has. */
// biome-ignore lint/suspicious/noExplicitAny: a load generator that validated what it hears would measure itself.
export type Heard = any;

/** One client of the load generator: as little work per message as possible. */
export class LoadClient {
  readonly socket: WebSocket;
  /** Called for each event, in the turn in which it arrives. */
  onEvent: (event: Heard) => void = () => undefined;
  readonly #answers = new Map<number, (answer: Heard) => void>();
  #pings: NodeJS.Timeout | undefined;
  #lastId = 0;

  private constructor(url: string) {
    this.socket = new WebSocket(url, [subprotocol], { perMessageDeflate: false });
    this.socket.on('message', (bytes) => this.#take(JSON.parse(String(bytes)) as Heard));
    this.socket.on('error', () => undefined);
  }

  /** A client whose session is open on the server the user belongs to. */
  static async signIn(stage: Stage, user: number): Promise<LoadClient> {
    const url = stage.urls[stage.serverOf(user)];
    if (url === undefined) throw new Error(`user ${user} belongs to no server`);
    const client = new LoadClient(url);
    await once(client.socket, 'open');
    const device = { id: `device${user}`, kind: 'browser', name: 'bench' };
    const answer = await client.ask('session.open', { token: stage.token(user), device, capabilities: ['chat'] });
    if (answer.status !== 'welcome') throw new Error(`user ${user} was not welcomed: ${JSON.stringify(answer)}`);
    // At a moment of its own, as clients that sign in over a day do: those of one moment would ping in bursts, which wake up a server
    // less often the quicker it has signed them in.
    client.#pings = setTimeout(() => client.#ping(), Math.random() * wireLimits.pingEveryMs);
    return client;
  }

  /** Sends a request; `done` gets the whole answer. */
  send(method: string, params: unknown, done: (answer: Heard) => void): void {
    const id = ++this.#lastId;
    this.#answers.set(id, done);
    this.socket.send(JSON.stringify({ id, method, params }));
  }

  /** @throws Error when the answer is an error. */
  ask(method: string, params: unknown): Promise<Heard> {
    return new Promise((resolve, reject) => {
      this.send(method, params, ({ result, error }) => {
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${JSON.stringify(error)}`));
      });
    });
  }

  close(): void {
    clearTimeout(this.#pings);
    this.socket.terminate();
  }

  /** As every client does; a server closes connections that are silent. */
  #ping(): void {
    this.#pings = setTimeout(() => this.#ping(), wireLimits.pingEveryMs);
    this.send('session.ping', {}, () => undefined);
  }

  #take(message: Heard): void {
    if (message.events !== undefined) {
      for (const event of message.events) this.onEvent(event);
      return;
    }
    const done = this.#answers.get(message.id);
    this.#answers.delete(message.id);
    done?.(message);
  }
}

/** Signs users in, some at a time. */
export async function signInAll(stage: Stage, users: readonly number[], atOnce = 20): Promise<LoadClient[]> {
  const clients: LoadClient[] = [];
  for (let from = 0; from < users.length; from += atOnce) {
    clients.push(...(await Promise.all(users.slice(from, from + atOnce).map((user) => LoadClient.signIn(stage, user)))));
  }
  return clients;
}
