import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';

export type WireProtocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

export interface WireAddress {
  readonly protocol: WireProtocol;
  readonly host: string;
  readonly port: number;
}

/** Bytes to and from an edge, by whatever transport. */
export interface Wire {
  /** What the edge sees as the peer, and where it can send requests to over UDP and TCP. */
  readonly local: { readonly address: string; readonly port: number };
  send(text: string): void;
  /** Whole messages and keep-alives, as they come. */
  onText(listener: (text: string) => void): void;
  readonly isClosed: boolean;
  close(): Promise<void>;
}

/** Opens a way to the edge. */
export async function openWire(to: WireAddress, from = isIPv6(to.host) ? '::1' : '127.0.0.1'): Promise<Wire> {
  if (to.protocol === 'udp') return udpWire(to, from);
  if (to.protocol === 'ws' || to.protocol === 'wss') return webSocketWire(to);
  const options = { host: to.host, port: to.port, localAddress: from };
  const socket = to.protocol === 'tls' ? connectTls({ ...options, rejectUnauthorized: false }) : connectTcp(options);
  await once(socket, to.protocol === 'tls' ? 'secureConnect' : 'connect');
  return streamWire(socket);
}

/** A TCP port that takes the first connection an edge makes to it. */
export async function listenForWire(host = '127.0.0.1'): Promise<{ readonly port: number; readonly wire: Promise<Wire> }> {
  const server = createServer();
  const connected = once(server, 'connection') as Promise<[Socket]>;
  server.listen(0, host);
  await once(server, 'listening');
  const wire = connected.then(([socket]) => {
    server.close();
    return streamWire(socket);
  });
  return { port: (server.address() as AddressInfo).port, wire };
}

async function udpWire({ host, port }: WireAddress, from: string): Promise<Wire> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  let isClosed = false;
  return {
    local: { address: from, port: socket.address().port },
    send: (text) => void (isClosed || socket.send(text, answerPort(text) ?? port, host)),
    onText: (listener) => void socket.on('message', (bytes) => listener(bytes.toString())),
    get isClosed() {
      return isClosed;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** An answer goes to who asked, which may be the edge of another server on this host (RFC 3261 18.2.2). */
function answerPort(text: string): number | undefined {
  const port = /^SIP\/2\.0 [\s\S]*?\r\nVia: SIP\/2\.0\/UDP 127\.0\.0\.1:(\d+)/i.exec(text)?.[1];
  return port === undefined ? undefined : Number.parseInt(port, 10);
}

function streamWire(socket: Socket): Wire {
  let buffer = '';
  const listeners: ((text: string) => void)[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    buffer += bytes.toString('latin1');
    for (let whole = takeMessage(buffer); whole !== undefined; whole = takeMessage(buffer)) {
      buffer = buffer.slice(whole.length);
      for (const listener of listeners) listener(Buffer.from(whole, 'latin1').toString());
    }
  });
  return {
    local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    send: (text) => void socket.write(text),
    onText: (listener) => void listeners.push(listener),
    get isClosed() {
      return socket.closed || socket.readableEnded;
    },
    async close() {
      if (socket.closed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  };
}

/** What a stream brings first: a message by its Content-Length, or a lone line end. */
function takeMessage(buffer: string): string | undefined {
  if (buffer.startsWith('\r\n')) return '\r\n';
  const end = buffer.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = Number(/\r\ncontent-length\s*:\s*(\d+)/i.exec(buffer.slice(0, end))?.[1] ?? 0);
  return buffer.length < end + 4 + length ? undefined : buffer.slice(0, end + 4 + length);
}

async function webSocketWire({ protocol, host, port }: WireAddress): Promise<Wire> {
  const name = isIPv6(host) ? `[${host}]` : host;
  const socket = new WebSocket(`${protocol}://${name}:${port}/`, 'sip', { rejectUnauthorized: false, perMessageDeflate: false });
  await once(socket, 'open');
  return {
    local: { address: host, port: 0 },
    send: (text) => socket.send(text),
    onText: (listener) => void socket.on('message', (bytes) => listener(String(bytes))),
    get isClosed() {
      return socket.readyState === WebSocket.CLOSED;
    },
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
