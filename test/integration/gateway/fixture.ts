import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import { deviceIdSchema, randomId, sessionIdSchema, userIdSchema } from '#shared/ids.ts';
import { subprotocol } from '#shared/protocol/wire-limits.ts';
import { type Clock, systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  ClientSession,
  Dispatcher,
  Gateway,
  type GatewayConfig,
  gatewayConfigSchema,
  registerSessionMethods,
  type SessionOpener,
  SessionTable,
} from '#ucserver/gateway/index.ts';

export interface GatewayFixtureOptions {
  readonly config?: Partial<GatewayConfig>;
  readonly clock?: Clock;
  readonly opener?: SessionOpener;
}

/** A gateway on a port of its own that welcomes everybody: the token is the user id. */
export class GatewayFixture implements AsyncDisposable {
  readonly gateway: Gateway;
  readonly sessions: SessionTable;
  readonly dispatcher: Dispatcher;
  readonly registry = new Registry();
  readonly #server: Server;
  readonly #clients: Client[] = [];

  static async start(options: GatewayFixtureOptions = {}): Promise<GatewayFixture> {
    const fixture = new GatewayFixture(options);
    fixture.#server.listen(0, '127.0.0.1');
    await once(fixture.#server, 'listening');
    return fixture;
  }

  private constructor({ config = {}, clock = systemClock, opener }: GatewayFixtureOptions) {
    const settings = { ...gatewayConfigSchema.parse({}), ...config };
    this.#server = createServer((_request, response) => response.writeHead(404).end());
    this.sessions = new SessionTable({ clock, lostForMs: settings.lostForMs });
    this.dispatcher = new Dispatcher({ clock, logger: silentLogger, registry: this.registry });
    registerSessionMethods(this.dispatcher, this.sessions);
    this.gateway = new Gateway({
      config: settings,
      name: 'test',
      clock,
      logger: silentLogger,
      registry: this.registry,
      opener: opener ?? welcoming(this.sessions, this.dispatcher, clock),
      originAllowed: (origin) => origin === 'https://ours.example',
      addressOf: (request) => String(request.headers['x-test-address'] ?? request.socket.remoteAddress),
    });
    this.gateway.attach(this.#server);
    this.sessions.start();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A raw client; it may still be connecting. */
  client(options: ClientOptions = {}): Client {
    const client = new Client(`ws://127.0.0.1:${this.port}${options.path ?? '/ws'}`, options);
    this.#clients.push(client);
    return client;
  }

  /** A client whose session is open. */
  async signedIn(userId: string, deviceId = randomId()): Promise<Client> {
    const client = this.client();
    const { result } = await client.open(userId, deviceId);
    if (result?.status !== 'welcome') throw new Error(`${userId} was not welcomed: ${JSON.stringify(result)}`);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sessions.stop();
    for (const client of this.#clients) client.socket.terminate();
    await this.gateway.stop();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

/** Welcomes whoever comes as the user that their token names. */
export function welcoming(sessions: SessionTable, dispatcher: Dispatcher, clock: Clock): SessionOpener {
  return {
    open: async ({ token, device, capabilities, activity }, link) => {
      const identity = {
        id: sessionIdSchema.parse(randomId()),
        userId: userIdSchema.parse(token),
        device: { ...device, id: deviceIdSchema.parse(device.id) },
        capabilities,
        activity,
        openedAt: clock.wallMs(),
        tokenEndsAt: clock.wallMs() + 600_000,
        ...{ signedInAt: clock.wallMs(), tokenGeneration: 0 },
      };
      const session = new ClientSession(identity, link, sessions, dispatcher);
      link.bind(session);
      sessions.add(session);
      return {
        status: 'welcome',
        sessionId: session.id,
        userId: session.userId,
        serverId: 'test' as never,
        attached: false,
        servers: [],
        reach: { mesh: 'up', database: 'up' },
        now: clock.wallMs(),
        tokenEndsAt: session.tokenEndsAt,
      };
    },
  };
}

export interface ClientOptions {
  readonly path?: string;
  readonly protocols?: readonly string[];
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever the server sends.
export type Message = any;

/** A WebSocket without any cleverness: what it hears is in `messages`. */
export class Client {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  closed: { code: number; reason: string } | undefined;
  failure: Error | undefined;
  #nextId = 1;

  constructor(url: string, { protocols = [subprotocol], origin, headers }: ClientOptions) {
    this.socket = new WebSocket(url, [...protocols], { ...(origin === undefined ? {} : { origin }), headers });
    this.socket.on('message', (bytes) => this.messages.push(JSON.parse(String(bytes))));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on('error', (error) => {
      this.failure = error;
    });
  }

  /** All events heard, in order. */
  get events(): Message[] {
    return this.messages.flatMap((message) => message.events ?? []);
  }

  async connected(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    return this;
  }

  async request(method: string, params?: unknown): Promise<Message> {
    await this.connected();
    const id = this.#nextId++;
    this.socket.send(JSON.stringify({ id, method, ...(params === undefined ? {} : { params }) }));
    return this.answer(id);
  }

  answer(id: number): Promise<Message> {
    return eventually(() => this.messages.find((message) => message.id === id) ?? false, { what: `answer ${id}` });
  }

  open(token: string, deviceId = randomId()): Promise<Message> {
    return this.request('session.open', { token, device: { id: deviceId, kind: 'browser', name: 'Test' } });
  }

  /** The code and reason with which the connection was closed. */
  closing(withinMs?: number): Promise<{ code: number; reason: string }> {
    return eventually(() => this.closed ?? false, { what: 'the connection is closed', ...(withinMs ? { withinMs } : {}) });
  }
}
