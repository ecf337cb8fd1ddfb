import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Counter, Gauge, type Registry } from 'prom-client';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { type CloseReason, closeCodes } from '#shared/protocol/close-codes.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import { subprotocol, wireLimits } from '#shared/protocol/wire-limits.ts';
import { addressBlock } from '#shared/runtime/address-block.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { GatewayConfig } from './config.ts';
import { Connection, type ConnectionHost } from './connection.ts';
import type { SessionOpener } from './link.ts';
import { WriteTurn } from './push.ts';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  /** Begins all correlation ids made here: letters, digits and "-", unique over the servers. */
  readonly name: string;
  readonly opener: SessionOpener;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Whether pages of this origin may connect to a server that they called `host`. Clients other than browsers send none and are not asked. */
  readonly originAllowed: (origin: string, host: string | undefined) => boolean;
  /** The client's address, found behind trusted proxies. */
  readonly addressOf: (request: IncomingMessage) => string;
}

const checkEveryMs = 1_000;

/** A socket that knows its connection, so that its listeners can be the same functions for all. */
class ClientSocket extends WebSocket {
  connection: Connection | undefined;
  whenClosed: (() => void) | undefined;
}

/** The WebSocket side of a server: takes connections, watches over their number and their deadlines. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #host: ConnectionHost;
  readonly #sockets: WebSocketServer;
  readonly #connections = new Set<Connection>();
  /** By {@link addressBlock}. */
  readonly #perAddress = new Map<string, number>();
  readonly #closed: Counter<'reason'>;
  /** Sockets that are open or still closing. */
  #openSockets = 0;
  #accepted = 0;
  #accepting = true;
  #allClosed: (() => void) | undefined;
  #check: Timer | undefined;
  readonly #socketClosed = () => {
    this.#openSockets--;
    if (this.#openSockets === 0) this.#allClosed?.();
  };

  constructor(options: GatewayOptions) {
    const { config, clock, logger, opener, registry } = options;
    this.#options = options;
    this.#host = {
      config,
      messageRate: { perSecond: config.messagesPerSecond, burst: config.messageBurst },
      outboxLimits: { slowBytes: config.slowBytes, monotonicMs: () => clock.monotonicMs() },
      turn: new WriteTurn(),
      opener,
      clock,
      logger,
      gone: (connection, reason) => this.#gone(connection, reason),
    };
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: wireLimits.messageBytes,
      WebSocket: ClientSocket,
      closeTimeout: config.closeWithinMs,
    } as ConstructorParameters<typeof WebSocketServer>[0]);
    const connections = () => this.#connections.size;
    const slow = () => this.#host.turn.slowCount;
    new Gauge({
      name: 'ucmesh_connections',
      help: 'Open client connections.',
      registers: [registry],
      collect() {
        this.set(connections());
      },
    });
    new Gauge({
      name: 'ucmesh_connections_slow',
      help: 'Client connections that do not read what they are sent.',
      registers: [registry],
      collect() {
        this.set(slow());
      },
    });
    this.#closed = new Counter({
      name: 'ucmesh_connections_closed_total',
      help: 'Client connections that ended, by reason; lost = the other side or the network ended it.',
      labelNames: ['reason'],
      registers: [registry],
    });
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Takes the WebSocket requests of this HTTP(S) server and begins to watch over deadlines. */
  attach(server: Server): void {
    server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
    this.#check ??= this.#options.clock.every(checkEveryMs, () => this.#checkDeadlines());
  }

  /**
   * Whether this server may speak to its clients. While it may not (it stood still and does not know yet whether it was declared
   * dead meanwhile), what is for them waits.
   */
  allowWriting(allowed: boolean): void {
    if (allowed) this.#host.turn.resume();
    else this.#host.turn.stop();
  }

  /** From now on new connections are refused with status 503; open ones stay. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /** Closes every connection with `goingAway`; resolves when all sockets are closed (at most `closeWithinMs`). */
  async stop(): Promise<void> {
    this.#accepting = false;
    this.#check?.stop();
    this.#check = undefined;
    for (const connection of this.#connections) connection.close('goingAway');
    if (this.#openSockets > 0) await new Promise<void>((closed) => (this.#allClosed = closed));
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const refusal = this.#refusal(request);
    if (refusal !== undefined || !(stream instanceof Socket)) {
      refuseUpgrade(stream, refusal ?? '400 Bad Request');
      return;
    }
    const address = this.#options.addressOf(request);
    const closeAtOnce = this.#reasonToClose(request, address);
    this.#sockets.handleUpgrade(request, stream, head, (socket) => {
      const client = socket as ClientSocket;
      this.#openSockets++;
      client.whenClosed = this.#socketClosed;
      client.on('error', ignore);
      client.on('close', onClose);
      if (closeAtOnce) this.#closeAtOnce(client, closeAtOnce);
      else this.#take(client, stream, address);
    });
  }

  /** Status line for what is not a connection of our protocol at all. */
  #refusal(request: IncomingMessage): string | undefined {
    if (request.url?.split('?')[0] !== httpPaths.socket) return '404 Not Found';
    if (!this.#accepting || this.#connections.size >= this.#options.config.connections) return '503 Service Unavailable';
    const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
    return offered?.includes(subprotocol) ? undefined : '400 Bad Request';
  }

  /** Pages cannot see why a handshake failed, so what they should know is said by a close code. */
  #reasonToClose({ headers: { origin, host } }: IncomingMessage, address: string): CloseReason | undefined {
    if (origin !== undefined && !this.#options.originAllowed(origin, host)) return 'originRefused';
    const sameAddress = this.#perAddress.get(addressBlock(address)) ?? 0;
    return sameAddress >= this.#options.config.connectionsPerAddress ? 'rateLimited' : undefined;
  }

  #closeAtOnce(socket: WebSocket, reason: CloseReason): void {
    this.#closed.inc({ reason });
    socket.close(closeCodes[reason].code, reason);
  }

  #take(socket: ClientSocket, stream: Socket, address: string): void {
    const name = `${this.#options.name}-${(this.#accepted++).toString(36)}`;
    const connection = new Connection({ name, address, socket, stream }, this.#host);
    this.#connections.add(connection);
    const block = addressBlock(address);
    this.#perAddress.set(block, (this.#perAddress.get(block) ?? 0) + 1);
    socket.connection = connection;
    socket.on('message', onMessage);
    socket.on('ping', onPing);
  }

  #gone(connection: Connection, reason: CloseReason | undefined): void {
    this.#connections.delete(connection);
    this.#closed.inc({ reason: reason ?? 'lost' });
    const block = addressBlock(connection.address);
    const left = (this.#perAddress.get(block) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(block, left);
    else this.#perAddress.delete(block);
  }

  #checkDeadlines(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const connection of this.#connections) connection.checkDeadlines(nowMs);
    this.#host.turn.endSlow(nowMs - this.#options.config.slowForMs);
  }
}

function onMessage(this: WebSocket, bytes: RawData, isBinary: boolean): void {
  (this as ClientSocket).connection?.received(bytes, isBinary);
}

function onPing(this: WebSocket): void {
  (this as ClientSocket).connection?.heardPing();
}

function onClose(this: WebSocket): void {
  (this as ClientSocket).connection?.lost();
  (this as ClientSocket).whenClosed?.();
}

/** Broken frames and resets: `ws` closes the socket, and closing is what counts. */
function ignore(): void {}

function refuseUpgrade(stream: Duplex, status: string): void {
  stream.on('error', ignore);
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
