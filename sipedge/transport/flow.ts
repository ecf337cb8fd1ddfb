export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

export interface Endpoint {
  /** An IP address, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

/** Where this edge listens, as others are told to reach it. */
export interface ListenerAddress {
  readonly protocol: Protocol;
  /** The address bound to. */
  readonly host: string;
  readonly port: number;
  /** The address told to others: the one bound to, unless configured otherwise. */
  readonly advertised: string;
}

/** A way to one peer: an address over one of our UDP ports, or a connection. */
export interface Flow {
  readonly protocol: Protocol;
  /** Nothing is lost or retransmitted on it. */
  readonly isReliable: boolean;
  readonly remote: Endpoint;
  readonly listener: ListenerAddress;
  /** False once it is closed: nothing can be sent any more. */
  readonly isOpen: boolean;
  /** Sends a message, a byte string. What cannot be sent is lost; a stream that breaks is told by {@link FlowEvents}. */
  send(text: string): void;
  /** The same way to another port of the same peer; a connection has only its own. */
  toPort(port: number): Flow;
  /** Keeps a connection although it is silent, because it is the only way to somebody, until this monotonic time in ms. */
  keepUntil(monotonicMs: number): void;
}

export function isReliable(protocol: Protocol): boolean {
  return protocol !== 'udp';
}

/** The protocol as it stands in a Via. */
export function viaTransport(protocol: Protocol): string {
  return protocol.toUpperCase();
}

/** Whether both are the same way to the same peer. */
export function sameFlow(one: Flow, other: Flow): boolean {
  if (one.protocol !== 'udp' || other.protocol !== 'udp') return one === other;
  return one.listener === other.listener && one.remote.address === other.remote.address && one.remote.port === other.remote.port;
}
