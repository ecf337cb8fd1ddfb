import WebSocket from 'ws';
import { httpPaths } from '#shared/protocol/http.ts';
import type { OpenResult } from '#shared/protocol/session.ts';
import { subprotocol } from '#shared/protocol/wire-limits.ts';
import type { MintedToken } from './company.ts';
import { eventually } from './eventually.ts';

/** A client gives a server this long to open, then names it as unreachable to the next. */
const openWithinMs = 1_000;
const answerWithinMs = 5_000;
/** Reconnects are spread over this time, as those of the real client are. */
const spreadMs = 200;

interface Place {
  readonly id: string;
  readonly url: string;
}

/** One lean client: follows redirects, comes back after a loss, counts what it hears. It costs a fraction of the real one. */
export class CrowdClient {
  readonly #token: MintedToken;
  readonly #places: readonly Place[];
  #socket: WebSocket | undefined;
  #stopped = false;
  #answers = new Map<number, (answer: Record<string, unknown>) => void>();
  #nextId = 1;
  /** Where it is signed in; undefined: nowhere. */
  server: string | undefined;
  openedAtMs = 0;
  /** States of others it was told of, by user. */
  readonly shown = new Map<string, Set<string>>();

  constructor(token: MintedToken, places: readonly Place[]) {
    this.#token = token;
    this.#places = places;
  }

  get userId(): string {
    return this.#token.account.userId;
  }

  async run(first: number): Promise<void> {
    let start = first;
    while (!this.#stopped) {
      const socket = await this.#open(start);
      if (!socket) {
        await pause(200 + Math.random() * 300);
        continue;
      }
      this.openedAtMs = performance.now();
      await new Promise<void>((closed) =>
        socket.readyState === WebSocket.CLOSED ? closed() : socket.once('close', () => closed()),
      );
      start = Math.max(
        0,
        this.#places.findIndex(({ id }) => id === this.server),
      );
      this.server = undefined;
      if (!this.#stopped) await pause(Math.random() * spreadMs);
    }
  }

  /** What people are now. */
  async presences(userIds: readonly string[]): Promise<readonly { readonly state: string; readonly stale?: true }[]> {
    const { result } = await this.ask('presence.get', { userIds });
    return (result as { presences: { state: string; stale?: true }[] }).presences;
  }

  /** Sends whatever it is given; answers the whole answer. */
  async ask(method: string, params: unknown): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    const answer = new Promise<Record<string, unknown>>((resolve) => this.#answers.set(id, resolve));
    this.#socket?.send(JSON.stringify({ id, method, params }));
    return answer;
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.terminate();
  }

  async #open(first: number): Promise<WebSocket | undefined> {
    const queue: { place: Place; ticket?: string }[] = [...this.#places.slice(first), ...this.#places.slice(0, first)].map(
      (place) => ({ place }),
    );
    const unreachable: string[] = [];
    for (let hops = 0; queue.length > 0 && hops < 6 && !this.#stopped; hops++) {
      const next = queue.shift();
      if (!next) return undefined;
      const socket = await this.#connect(next.place.url);
      if (!socket) {
        unreachable.push(next.place.id);
        continue;
      }
      const opened = await this.#openSession(socket, next.ticket, unreachable);
      if (opened?.status === 'welcome') {
        this.#socket = socket;
        this.server = opened.serverId;
        return socket;
      }
      socket.terminate();
      if (opened?.status === 'redirect')
        queue.unshift({ place: { id: opened.serverId, url: opened.url }, ticket: opened.ticket }, { place: next.place });
      else if (opened?.status === 'busy') {
        await pause(opened.retryAfterMs * (1 + Math.random() * 0.25));
        queue.unshift(next);
      }
    }
    return undefined;
  }

  #connect(url: string): Promise<WebSocket | undefined> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}${httpPaths.socket}`, subprotocol, {
        handshakeTimeout: openWithinMs,
      });
      socket.on('error', () => resolve(undefined));
      socket.once('open', () => resolve(socket));
    });
  }

  async #openSession(
    socket: WebSocket,
    ticket: string | undefined,
    unreachable: readonly string[],
  ): Promise<OpenResult | undefined> {
    const { token, deviceId } = this.#token;
    const device = { id: deviceId, kind: 'browser', name: 'One of a crowd' };
    this.#answers.clear();
    socket.on('message', (bytes) => this.#hear(String(bytes)));
    const answer = new Promise<Record<string, unknown>>((resolve) => this.#answers.set(0, resolve));
    socket.send(JSON.stringify({ id: 0, method: 'session.open', params: { token, device, ticket, unreachable } }));
    const lost = new Promise<{ result: undefined }>((resolve) => socket.once('close', () => resolve({ result: undefined })));
    const { result } = await Promise.race([answer, lost, pause(answerWithinMs).then(() => ({ result: undefined }))]);
    return result as OpenResult | undefined;
  }

  #hear(text: string): void {
    const message = JSON.parse(text) as { id?: number; events?: { event: string; userId?: string; state?: string }[] };
    if (message.id !== undefined) this.#answers.get(message.id)?.(message);
    for (const { event, userId, state } of message.events ?? []) {
      if (event !== 'presence.changed' || userId === undefined || state === undefined) continue;
      const states = this.shown.get(userId) ?? new Set();
      this.shown.set(userId, states.add(state));
    }
  }
}

/** Many clients at once, in this process. */
export class Crowd {
  readonly clients: readonly CrowdClient[];
  readonly #runs: Promise<void>[] = [];

  constructor(tokens: readonly MintedToken[], places: readonly Place[]) {
    this.clients = tokens.map((token) => new CrowdClient(token, places));
  }

  /** Signs everybody in, so many at a time, and waits until all are. */
  async signIn(withinMs: number): Promise<void> {
    for (const [index, client] of this.clients.entries()) {
      this.#runs.push(client.run(index % 2));
      if (index % 50 === 49) await eventually(() => this.signedIn > index - 200, { withinMs });
    }
    await this.untilSignedIn(withinMs);
  }

  get signedIn(): number {
    return this.clients.filter(({ server }) => server !== undefined).length;
  }

  async untilSignedIn(withinMs: number): Promise<void> {
    const all = this.clients.length;
    await eventually(
      () => {
        if (this.signedIn < all) throw new Error(`${this.signedIn} of ${all}`);
      },
      { withinMs, everyMs: 50, what: 'everybody is signed in' },
    );
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.stop();
    await Promise.all(this.#runs);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
