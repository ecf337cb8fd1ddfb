import type { Socket } from 'node:net';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Received } from '../message/message.ts';
import type { Refusal } from '../message/parser.ts';
import { StreamReader } from '../message/stream-reader.ts';
import { type Carrier, Connection, type ConnectionTimes } from './connection.ts';
import type { Flow, ListenerAddress } from './flow.ts';

/** What comes in over any transport. */
export interface Incoming {
  onMessage(message: Received, flow: Flow): void;
  /** Something was refused; it is answered if it can be. */
  onRefused(refusal: Refusal, flow: Flow): void;
  /** A connection is gone. */
  onClosed(flow: Flow): void;
}

/** Lets messages of a TCP or TLS socket in, and messages out over it. */
export function carryStream(
  socket: Socket,
  listener: ListenerAddress,
  remote: Flow['remote'],
  { clock, times, incoming }: { readonly clock: Clock; readonly times: ConnectionTimes; readonly incoming: Incoming },
): Connection {
  const reader = new StreamReader();
  const connection = new Connection(socketCarrier(socket), remote, listener, clock, times);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  socket.on('data', (bytes) => {
    let endedOne = false;
    for (const item of reader.push(bytes.toString('latin1'))) {
      endedOne = true;
      if (item.kind === 'message') incoming.onMessage(item.message, connection);
      else if (item.kind === 'ping') connection.send('\r\n');
      else if (item.kind === 'refused' || item.kind === 'broken') incoming.onRefused(item.refusal, connection);
      if (item.kind === 'broken') connection.end();
      if (!connection.isOpen) return;
    }
    connection.heard(reader.isAmidMessage, endedOne);
  });
  // What went wrong shows in that the socket closes.
  socket.on('error', () => undefined);
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    connection.closed();
    incoming.onClosed(connection);
  });
  return connection;
}

function socketCarrier(socket: Socket): Carrier {
  return {
    get isOpen() {
      return !socket.destroyed && !socket.writableEnded;
    },
    get waitingBytes() {
      return socket.writableLength;
    },
    send: (text) => void socket.write(text, 'latin1'),
    end: () => socket.end(() => socket.destroySoon()),
    destroy: () => socket.destroy(),
  };
}
