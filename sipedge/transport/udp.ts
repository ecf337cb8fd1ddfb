import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Endpoint, Flow, ListenerAddress } from './flow.ts';
import { bindingAnswer, isBindingRequest } from './stun.ts';

const receiveBufferBytes = 4 * 1_024 * 1_024;

export interface UdpPortOptions {
  readonly host: string;
  readonly port: number;
  readonly advertised: string;
  readonly logger: Logger;
  /** A datagram that may be a message, as byte string. */
  readonly onText: (text: string, flow: Flow) => void;
}

class UdpFlow implements Flow {
  readonly protocol = 'udp';
  readonly isReliable = false;
  readonly remote: Endpoint;
  readonly listener: ListenerAddress;
  readonly #port: UdpPort;

  constructor(port: UdpPort, listener: ListenerAddress, remote: Endpoint) {
    this.#port = port;
    this.listener = listener;
    this.remote = remote;
  }

  get isOpen(): boolean {
    return this.#port.isOpen;
  }

  send(text: string): void {
    this.#port.send(text, this.remote);
  }

  toPort(port: number): Flow {
    return port === this.remote.port ? this : new UdpFlow(this.#port, this.listener, { address: this.remote.address, port });
  }

  keepUntil(): void {
    // There is no connection that could be closed.
  }
}

/** One UDP port. */
export class UdpPort {
  readonly #options: UdpPortOptions;
  readonly #socket: Socket;
  #address: ListenerAddress | undefined;

  constructor(options: UdpPortOptions) {
    this.#options = options;
    const isSix = isIPv6(options.host);
    this.#socket = createSocket({ type: isSix ? 'udp6' : 'udp4', ipv6Only: isSix, recvBufferSize: receiveBufferBytes });
    this.#socket.on('message', (datagram, { address, port }) => this.#hear(datagram, { address, port }));
  }

  get isOpen(): boolean {
    return this.#address !== undefined;
  }

  async open(): Promise<ListenerAddress> {
    const { host, port, advertised, logger } = this.#options;
    const listening = once(this.#socket, 'listening');
    this.#socket.bind(port, host);
    await listening;
    this.#socket.on('error', (error) => logger.warn('a UDP port failed', { error }));
    this.#address = { protocol: 'udp', host, port: this.#socket.address().port, advertised };
    return this.#address;
  }

  flowTo(remote: Endpoint): Flow {
    if (this.#address === undefined) throw new Error('The UDP port is closed');
    return new UdpFlow(this, this.#address, remote);
  }

  send(text: string, { address, port }: Endpoint): void {
    if (!this.isOpen || port === 0) return;
    this.#socket.send(Buffer.from(text, 'latin1'), port, address, (error) => {
      if (error) this.#options.logger.debug('a datagram could not be sent', { address, port, error });
    });
  }

  async close(): Promise<void> {
    if (this.#address === undefined) return;
    this.#address = undefined;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #hear(datagram: Buffer, remote: Endpoint): void {
    if (this.#address === undefined) return;
    if (isBindingRequest(datagram)) {
      this.#socket.send(bindingAnswer(datagram, remote.address, remote.port), remote.port, remote.address, () => undefined);
      return;
    }
    // Phones keep their NAT binding alive by datagrams of a few bytes.
    if (datagram.length <= 4) return;
    this.#options.onText(datagram.toString('latin1'), this.flowTo(remote));
  }
}
