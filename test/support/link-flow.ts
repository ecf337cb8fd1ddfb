import type { Socket } from 'node:net';

type Item = { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'end' } | { readonly kind: 'reset' };

/** Above this much undelivered the source is no longer read, so that it feels the back-pressure of a real cable. */
const heldLimitBytes = 256 * 1024;

/** One direction of one connection of a link: takes from one socket, gives to the other, in order. */
export class LinkFlow {
  delayMs = 0;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #queue: { readonly item: Item; readonly dueMs: number }[] = [];
  #heldBytes = 0;
  #held = false;
  #discarding = false;
  #sinkFull = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: Socket, sink: Socket) {
    this.#source = source;
    this.#sink = sink;
    source.on('data', (bytes: Buffer) => this.#take({ kind: 'bytes', bytes }));
    source.on('end', () => this.#take({ kind: 'end' }));
    sink.on('drain', () => {
      this.#sinkFull = false;
      this.#deliver();
    });
    sink.on('close', () => {
      clearTimeout(this.#timer);
      // Whoever writes to a connection that the other end has left is told so, unless that end vanished silently.
      if (!this.#discarding && !this.#held) source.destroy();
    });
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    if (this.#sink.destroyed && !this.#discarding) this.#source.destroy();
    else this.#deliver();
  }

  /** Everything from now on is lost. */
  discard(): void {
    this.#discarding = true;
    this.#queue.length = 0;
    this.#heldBytes = 0;
    clearTimeout(this.#timer);
    this.#source.resume();
  }

  /** The source broke: the sink is reset when everything before has arrived. */
  breakOff(): void {
    this.#take({ kind: 'reset' });
  }

  #take(item: Item): void {
    if (this.#discarding) return;
    this.#queue.push({ item, dueMs: performance.now() + this.delayMs });
    if (item.kind === 'bytes') this.#heldBytes += item.bytes.length;
    if (this.#heldBytes > heldLimitBytes) this.#source.pause();
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    while (!this.#held && !this.#sinkFull) {
      const next = this.#queue[0];
      if (!next) break;
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#deliver(), Math.ceil(waitMs));
        return;
      }
      this.#queue.shift();
      this.#give(next.item);
    }
    if (this.#heldBytes <= heldLimitBytes) this.#source.resume();
  }

  #give(item: Item): void {
    if (this.#sink.destroyed) return;
    if (item.kind === 'reset') resetSocket(this.#sink);
    else if (item.kind === 'end') this.#sink.end();
    else {
      this.#heldBytes -= item.bytes.length;
      this.#sinkFull = !this.#sink.write(item.bytes);
    }
  }
}

/** Ends a connection by a reset. */
export function resetSocket(socket: Socket): void {
  // While a connection is being shut down it cannot be reset; Node 26 then loses the handle and spins for ever when it exits.
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
