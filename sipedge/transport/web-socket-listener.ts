import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '#shared/runtime/clock.ts';
import { messageLimits } from '../message/limits.ts';
import { parseMessage } from '../message/parser.ts';
import type { Certificate } from './certificate.ts';
import { type Carrier, Connection, type ConnectionTimes } from './connection.ts';
import type { Endpoint, ListenerAddress } from './flow.ts';
import type { Incoming } from './stream.ts';
import { admitSockets } from './stream-listener.ts';

/** Browsers cannot send pings of their own; those that do not answer ours are gone. */
const pingEveryMs = 25_000;

export interface WebSocketListenerOptions {
  readonly protocol: 'ws' | 'wss';
  readonly host: string;
  readonly port: number;
  readonly advertised: string;
  /** For `wss`. */
  readonly certificate: Certificate | undefined;
  readonly clock: Clock;
  readonly times: ConnectionTimes;
  readonly incoming: Incoming;
  readonly admit: (address: string) => boolean;
  readonly closed: (address: string) => void;
  readonly onConnection: (connection: Connection) => void;
}

/** Accepts SIP over WebSocket (RFC 7118): one message in each WebSocket message, subprotocol `sip`. */
export class WebSocketListener {
  readonly #options: WebSocketListenerOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  #address: ListenerAddress | undefined;

  constructor(options: WebSocketListenerOptions) {
    this.#options = options;
    const { protocol, certificate, times } = options;
    if (protocol === 'ws') this.#http = createServer();
    else {
      const server = createSecureServer({ ...certificate?.pair, handshakeTimeout: times.messageMs, minVersion: 'TLSv1.2' });
      certificate?.onChange((pair) => server.setSecureContext(pair));
      this.#http = server;
    }
    this.#http.headersTimeout = times.messageMs;
    this.#http.requestTimeout = times.messageMs;
    this.#http.on('request', (_, response) => response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' }).end());
    admitSockets(this.#http, options.admit, options.closed);
    this.#sockets = new WebSocketServer({
      server: this.#http,
      maxPayload: messageLimits.bytes,
      perMessageDeflate: false,
      handleProtocols: (protocols) => (protocols.has('sip') ? 'sip' : false),
    });
    this.#sockets.on('connection', (socket, request) => {
      const { remoteAddress = '', remotePort = 0 } = request.socket;
      this.#accept(socket, { address: remoteAddress, port: remotePort });
    });
  }

  async open(): Promise<ListenerAddress> {
    const { protocol, host, port, advertised } = this.#options;
    this.#http.listen({ host, port, ipv6Only: true });
    await once(this.#http, 'listening');
    this.#address = { protocol, host, port: (this.#http.address() as AddressInfo).port, advertised };
    return this.#address;
  }

  async close(): Promise<void> {
    if (!this.#http.listening) return;
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    this.#sockets.close();
    await closed;
  }

  #accept(socket: WebSocket, remote: Endpoint): void {
    const { clock, times, incoming, onConnection } = this.#options;
    if (this.#address === undefined || socket.protocol !== 'sip') {
      socket.close(1002, 'The subprotocol is "sip"');
      return;
    }
    const connection = new Connection(webSocketCarrier(socket), remote, this.#address, clock, times);
    let isAlive = true;
    const pings = clock.every(pingEveryMs, () => {
      if (!isAlive) socket.terminate();
      isAlive = false;
      socket.ping();
    });
    socket.on('pong', () => {
      isAlive = true;
    });
    socket.on('message', (bytes) => {
      isAlive = true;
      connection.heard(false, true);
      this.#hear(textOf(bytes), connection);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      pings.stop();
      connection.closed();
      incoming.onClosed(connection);
    });
    onConnection(connection);
  }

  #hear(text: string, connection: Connection): void {
    if (text === '\r\n\r\n') connection.send('\r\n');
    if (/^[\r\n]*$/.test(text)) return;
    const result = parseMessage(text);
    if (result.ok) this.#options.incoming.onMessage(result.value, connection);
    else this.#options.incoming.onRefused(result.refusal, connection);
  }
}

function textOf(bytes: RawData): string {
  if (Array.isArray(bytes)) return Buffer.concat(bytes).toString('latin1');
  return Buffer.from(bytes as Uint8Array).toString('latin1');
}

function webSocketCarrier(socket: WebSocket): Carrier {
  return {
    get isOpen() {
      return socket.readyState === socket.OPEN;
    },
    get waitingBytes() {
      return socket.bufferedAmount;
    },
    // Browsers take text for text; a body that is no UTF-8 can only go as binary.
    send: (text) => {
      const bytes = Buffer.from(text, 'latin1');
      socket.send(bytes, { binary: !isUtf8(bytes) });
    },
    end: () => socket.close(1000),
    destroy: () => socket.terminate(),
  };
}
