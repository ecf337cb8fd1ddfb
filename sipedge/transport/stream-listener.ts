import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Certificate } from './certificate.ts';
import type { ListenerAddress } from './flow.ts';

export interface StreamListenerOptions {
  readonly protocol: 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  readonly advertised: string;
  /** For `tls`. */
  readonly certificate: Certificate | undefined;
  /** How long a TLS handshake may take, in ms. */
  readonly handshakeMs: number;
  /** Whether a connection from this address may be opened; if so `closed` is called when it is gone. */
  readonly admit: (address: string) => boolean;
  readonly closed: (address: string) => void;
  readonly onSocket: (socket: Socket) => void;
}

/** Accepts TCP or TLS connections. */
export class StreamListener {
  readonly #options: StreamListenerOptions;
  readonly #server: Server | TlsServer;

  constructor(options: StreamListenerOptions) {
    this.#options = options;
    const { protocol, certificate, handshakeMs, onSocket } = options;
    if (protocol === 'tcp') this.#server = createServer({ allowHalfOpen: true }, onSocket);
    else {
      const server = createTlsServer({ ...certificate?.pair, handshakeTimeout: handshakeMs, minVersion: 'TLSv1.2' }, onSocket);
      certificate?.onChange((pair) => server.setSecureContext(pair));
      server.on('tlsClientError', (_, socket) => socket.destroy());
      this.#server = server;
    }
    admitSockets(this.#server, options.admit, options.closed);
  }

  async open(): Promise<ListenerAddress> {
    const { protocol, host, port, advertised } = this.#options;
    this.#server.listen({ host, port, ipv6Only: true });
    await once(this.#server, 'listening');
    return { protocol, host, port: (this.#server.address() as AddressInfo).port, advertised };
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}

/** Counts raw sockets, also those whose TLS handshake never ends. */
export function admitSockets(server: Server, admit: (address: string) => boolean, closed: (address: string) => void): void {
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (!admit(address)) {
      socket.destroy();
      return;
    }
    socket.once('close', () => closed(address));
  });
}
