import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import type { WireEvent } from '#shared/protocol/envelope.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import { subprotocol } from '#shared/protocol/wire-limits.ts';
import { randomId } from '#shared/random-id.ts';

export interface Asked {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** What a test lets a server do; whatever it leaves out is done plainly. */
export interface Script {
  /** Answers a request; `undefined` leaves it unanswered. Throw a UCError for an error. */
  answer?(asked: Asked, peer: Peer): unknown;
  /** Answers sign-in and refresh. */
  tokens?(path: string, body: Record<string, unknown>): object;
}

/** One client as the server sees it. */
export class Peer {
  readonly asked: Asked[] = [];
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  push(...events: WireEvent[]): void {
    this.#socket.send(JSON.stringify({ events }));
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  /** Cuts the connection as a killed process does. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Stops reading, as a hung process does. */
  hang(): void {
    this.#socket.pause();
  }
}

/** A real HTTP and WebSocket server on loopback that does what a test tells it, to try the client against. */
export class ScriptedServer {
  readonly id: string;
  readonly peers: Peer[] = [];
  readonly bodies: { path: string; body: Record<string, unknown> }[] = [];
  script: Script = {};
  /** What `welcome` names; set by the test when there is more than one. */
  company: readonly ScriptedServer[] = [this];
  tokenLifeMs = 600_000;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #port = 0;

  constructor(id: string) {
    this.id = id;
    this.#server = createServer((request, response) => void this.#http(request, response));
    this.#sockets = new WebSocketServer({ server: this.#server, path: httpPaths.socket, handleProtocols: () => subprotocol });
    this.#sockets.on('connection', (socket) => this.#connected(socket));
  }

  static async start(id: string): Promise<ScriptedServer> {
    const server = new ScriptedServer(id);
    await server.listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The newest connection. */
  get peer(): Peer {
    const peer = this.peers.at(-1);
    if (!peer) throw new Error(`Nobody is connected to ${this.id}`);
    return peer;
  }

  /** Listens, after a stop on the same port as before. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Gone at once, as after `kill -9`. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  askedFor(method: string): Asked[] {
    return this.peers.flatMap(({ asked }) => asked.filter((one) => one.method === method));
  }

  welcome(): object {
    const now = Date.now();
    return {
      status: 'welcome',
      sessionId: randomId(),
      userId: 'anna',
      serverId: this.id,
      attached: false,
      servers: this.company.map(({ id, url }) => ({ id, url })),
      reach: { mesh: 'up', database: 'up' },
      now,
      tokenEndsAt: now + this.tokenLifeMs,
    };
  }

  #connected(socket: WebSocket): void {
    const peer = new Peer(socket);
    this.peers.push(peer);
    socket.on('message', (raw) => {
      const { id, method, params = {} } = JSON.parse(String(raw)) as { id: number } & Asked;
      if (method !== 'session.ping') peer.asked.push({ method, params });
      try {
        const result = this.#answer({ method, params }, peer);
        if (result !== undefined) socket.send(JSON.stringify({ id, result }));
      } catch (error) {
        if (!(error instanceof UCError)) throw error;
        socket.send(JSON.stringify({ id, error: error.toWire() }));
      }
    });
  }

  #answer(asked: Asked, peer: Peer): unknown {
    if (this.script.answer) {
      const answer = this.script.answer(asked, peer);
      if (answer !== 'plainly') return answer;
    }
    return asked.method === 'session.open' ? this.welcome() : {};
  }

  async #http(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const raw = await text(request);
    const body = raw === '' ? {} : (JSON.parse(raw) as Record<string, unknown>);
    this.bodies.push({ path, body });
    try {
      this.#send(response, 200, this.#httpAnswer(path, body));
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      this.#send(response, 400, { error: error.toWire() });
    }
  }

  #httpAnswer(path: string, body: Record<string, unknown>): object {
    if (path === httpPaths.nonce) return { nonce: randomId() };
    if (path === httpPaths.servers) return { servers: this.company.map(({ id, url }) => ({ id, url })) };
    if (path === httpPaths.signOut) return {};
    if (this.script.tokens) return this.script.tokens(path, body);
    const now = Date.now();
    const refreshEndsAt = now + 86_400_000;
    return {
      userId: 'anna',
      accessToken: randomId(),
      accessEndsAt: now + this.tokenLifeMs,
      refreshToken: randomId(),
      refreshEndsAt,
    };
  }

  #send(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
