import { connect, isIPv6, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { parseMessage } from '../message/parser.ts';
import { Certificate, type CertificateFiles } from './certificate.ts';
import type { Connection, ConnectionTimes } from './connection.ts';
import type { Flow, ListenerAddress, Protocol } from './flow.ts';
import type { Target } from './resolver.ts';
import { SourceCount } from './source-limits.ts';
import { carryStream, type Incoming } from './stream.ts';
import { StreamListener } from './stream-listener.ts';
import { UdpPort } from './udp.ts';
import { WebSocketListener } from './web-socket-listener.ts';

export interface ListenerOptions {
  readonly protocol: Protocol;
  /** An IP address of this machine; `0.0.0.0` or `::` for all. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The address told to others, where it is not the one bound to. */
  readonly advertised?: string | undefined;
}

export interface TransportsOptions {
  readonly listeners: readonly ListenerOptions[];
  readonly certificate?: CertificateFiles | undefined;
  /** Whether outgoing TLS connections insist on a valid certificate of the peer. */
  readonly verifyPeers: boolean;
  readonly connectionsPerSource: number;
  readonly times: ConnectionTimes;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly incoming: Incoming;
}

interface Listening {
  open(): Promise<ListenerAddress>;
  close(): Promise<void>;
}

/** All ways in and out: listeners, connections, UDP ports. */
export class Transports {
  readonly #options: TransportsOptions;
  readonly #connectionCount: SourceCount;
  readonly #listening: Listening[] = [];
  readonly #udpPorts = new Map<ListenerAddress, UdpPort>();
  readonly #connections = new Set<Connection>();
  /** By protocol and peer, for requests that go out. */
  readonly #byPeer = new Map<string, Connection>();
  #addresses: readonly ListenerAddress[] = [];
  #certificate: Certificate | undefined;
  readonly #incoming: Incoming;

  constructor(options: TransportsOptions) {
    this.#options = options;
    this.#connectionCount = new SourceCount(options.connectionsPerSource);
    const { incoming } = options;
    this.#incoming = {
      onMessage: (message, flow) => incoming.onMessage(message, flow),
      onRefused: (refusal, flow) => incoming.onRefused(refusal, flow),
      onClosed: (flow) => {
        this.#forget(flow as Connection);
        incoming.onClosed(flow);
      },
    };
  }

  /** In the order of the configuration. */
  get addresses(): readonly ListenerAddress[] {
    return this.#addresses;
  }

  /** Over which requests can be sent; to browsers over their own connection only. */
  get offered(): readonly Protocol[] {
    return [...new Set(this.#addresses.map(({ protocol }) => protocol))];
  }

  /** @throws Error when an address cannot be bound or the certificate cannot be used. */
  async start(): Promise<void> {
    const { certificate, clock, logger, listeners } = this.#options;
    if (certificate !== undefined) this.#certificate = new Certificate(certificate, clock, logger);
    const addresses: ListenerAddress[] = [];
    for (const listener of listeners) {
      const listening = this.#make(listener);
      const address = await listening.open();
      this.#listening.push(listening);
      addresses.push(address);
      if (listening instanceof UdpPort) this.#udpPorts.set(address, listening);
    }
    this.#addresses = addresses;
  }

  /** Whether this is an address of our own. */
  isSelf({ protocol, address, port }: Target): boolean {
    return this.#addresses.some(
      (own) => own.protocol === protocol && own.port === port && (own.host === address || own.advertised === address),
    );
  }

  /** From where a request to this target is sent. */
  listenerFor(target: Target): ListenerAddress | undefined {
    return this.#addresses.find(({ protocol, host }) => protocol === target.protocol && isIPv6(host) === isIPv6(target.address));
  }

  /** A way to this target, over a connection that exists or a new one; undefined when we have no such transport. */
  flowTo(target: Target): Flow | undefined {
    const listener = this.listenerFor(target);
    if (listener === undefined) return undefined;
    if (target.protocol === 'udp') return this.#udpPorts.get(listener)?.flowTo(target);
    const known = this.#byPeer.get(peerKey(target.protocol, target.address, target.port));
    if (known?.isOpen === true) return known;
    return target.protocol === 'tcp' || target.protocol === 'tls' ? this.#connect(target, listener) : undefined;
  }

  /** Closes everything; what was sent over streams before still leaves. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.end();
    await Promise.all([...this.#connections].map((connection) => this.#gone(connection)));
    await Promise.all(this.#listening.map((listening) => listening.close()));
    this.#certificate?.close();
  }

  /** Resolves when a connection that was ended is closed, at the latest after half a second. */
  #gone(connection: Connection): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(500, () => {
        look.stop();
        connection.destroy();
        resolve();
      });
      const look = this.#options.clock.every(10, () => {
        if (this.#connections.has(connection)) return;
        look.stop();
        timer.stop();
        resolve();
      });
    });
  }

  #make(listener: ListenerOptions): Listening {
    const { clock, logger, times } = this.#options;
    const { protocol, host, port } = listener;
    const advertised = listener.advertised ?? advertisedFor(host);
    const admit = (address: string) => this.#connectionCount.take(address);
    const closed = (address: string) => this.#connectionCount.giveBack(address);
    const common = { host, port, advertised, certificate: this.#certificate, admit, closed };
    if ((protocol === 'tls' || protocol === 'wss') && this.#certificate === undefined)
      throw new Error(`A ${protocol} listener needs a certificate`);
    if (protocol === 'udp')
      return new UdpPort({ host, port, advertised, logger, onText: (text, flow) => this.#hearDatagram(text, flow) });
    if (protocol === 'ws' || protocol === 'wss') {
      const incoming = this.#incoming;
      return new WebSocketListener({ ...common, protocol, clock, times, incoming, onConnection: (made) => this.#add(made) });
    }
    const onSocket = (socket: Socket) => {
      const address = this.#addresses.find((own) => own.protocol === protocol && own.port === socket.localPort);
      if (address === undefined || socket.destroyed) socket.destroy();
      else this.#carry(socket, address, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
    };
    return new StreamListener({ ...common, protocol, handshakeMs: times.messageMs, onSocket });
  }

  #connect(target: Target, listener: ListenerAddress): Connection {
    const { address, port, serverName, protocol } = target;
    const rejectUnauthorized = this.#options.verifyPeers;
    // A server name must be a name; for an address the certificate is compared with the address itself.
    const servername = /^[\d.]+$|:/.test(serverName) ? '' : serverName;
    const socket =
      protocol === 'tls'
        ? connectTls({
            host: address,
            port,
            rejectUnauthorized,
            ...(servername === '' ? {} : { servername }),
            ...this.#certificate?.pair,
          })
        : connect({ host: address, port });
    const connection = this.#carry(socket, listener, { address, port });
    connection.heard(false, true);
    return connection;
  }

  #carry(socket: Socket, listener: ListenerAddress, remote: Flow['remote']): Connection {
    const { clock, times } = this.#options;
    const connection = carryStream(socket, listener, remote, { clock, times, incoming: this.#incoming });
    this.#add(connection);
    return connection;
  }

  #add(connection: Connection): void {
    this.#connections.add(connection);
    this.#byPeer.set(peerKey(connection.protocol, connection.remote.address, connection.remote.port), connection);
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    const key = peerKey(connection.protocol, connection.remote.address, connection.remote.port);
    if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key);
  }

  #hearDatagram(text: string, flow: Flow): void {
    const result = parseMessage(text);
    if (result.ok) this.#incoming.onMessage(result.value, flow);
    else this.#incoming.onRefused(result.refusal, flow);
  }
}

function peerKey(protocol: Protocol, address: string, port: number): string {
  return `${protocol} ${address} ${port}`;
}

/** For a listener on all addresses: the first of this machine that others may reach. */
function advertisedFor(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const family = host === '::' ? 'IPv6' : 'IPv4';
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return own.find((each) => each.family === family && !each.internal)?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}
