import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Fragment } from './fragment.ts';
import { FrameRoom } from './frame.ts';

/** What is needed to write to a client. */
export interface Outlet {
  readonly socket: WebSocket;
  /** The stream under it, which says when to wait. */
  readonly stream: Socket;
  /** The client does not read: close. */
  tooSlow(): void;
}

/** Something waiting for a client that does not keep up. */
interface Held {
  readonly text: string;
  readonly isFragment: boolean;
}

/**
 * The end of a turn of the event loop for all connections: what was given to them during the turn leaves together. A single
 * callback per turn, and one look per second at those that do not keep up.
 */
export class WriteTurn {
  #waiting: Outbox[] = [];
  readonly #slow = new Set<Outbox>();
  #stopped = false;
  readonly #room = new FrameRoom();
  /** A stream has not passed on yet what was made in the room. */
  #isStillRead = false;
  /** The message that was made last: who watch the same person are sent the same. */
  #made: { readonly events: string; readonly frame: Buffer } | undefined;
  readonly #flush = () => {
    if (this.#stopped) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const outbox of waiting) outbox.flush();
    this.#made = undefined;
    if (this.#isStillRead) this.#room.keep();
    else this.#room.reuse();
    this.#isStillRead = false;
  };

  /** The outbox has something to write at the end of this turn. */
  add(outbox: Outbox): void {
    if (this.#waiting.push(outbox) === 1) setImmediate(this.#flush);
  }

  /** The message that holds these events, for any number of connections; to be written at once. */
  eventsFrame(events: string): Buffer {
    if (this.#made?.events !== events) this.#made = { events, frame: this.#room.frame(joined(events)) };
    return this.#made.frame;
  }

  /** A message for one connection; to be written at once. */
  messageFrame(message: string): Buffer {
    return this.#room.frame(message);
  }

  /** A stream could not pass on at once what it was given: those bytes must stay as they are. */
  keepFrames(): void {
    this.#isStillRead = true;
  }

  /** From now on nothing is written; what is given to connections waits. */
  stop(): void {
    this.#stopped = true;
  }

  /** Writes what has waited, and goes on. */
  resume(): void {
    this.#stopped = false;
    this.#flush();
  }

  addSlow(outbox: Outbox): void {
    this.#slow.add(outbox);
  }

  removeSlow(outbox: Outbox): void {
    this.#slow.delete(outbox);
  }

  /** How many clients do not keep up now. */
  get slowCount(): number {
    return this.#slow.size;
  }

  /** Gives up those that have not read since `sinceMs` (monotonic). */
  endSlow(sinceMs: number): void {
    for (const outbox of this.#slow) if (outbox.slowSinceMs <= sinceMs) outbox.giveUp();
  }
}

export interface OutboxLimits {
  /** How much may be held for a client that does not keep up, in UTF-16 units. */
  readonly slowBytes: number;
  readonly monotonicMs: () => number;
}

/**
 * What waits to be written to one client: events joined into one message per turn, answers between them in the order they were
 * made. While the stream asks to wait, states are reduced to the newest of each key; what has no key is kept up to a limit.
 */
export class Outbox {
  /** Monotonic ms at which the client stopped to keep up; Infinity while it does. */
  slowSinceMs = Number.POSITIVE_INFINITY;
  readonly #outlet: Outlet;
  readonly #turn: WriteTurn;
  readonly #limits: OutboxLimits;
  /** Fragments of this turn, joined by commas. */
  #events = '';
  /** Whole messages of this turn that come before `#events`. */
  #messages: string[] | undefined;
  #held: Map<string | number, Held> | undefined;
  #heldUnits = 0;
  #heldCount = 0;

  constructor(outlet: Outlet, turn: WriteTurn, limits: OutboxLimits) {
    this.#outlet = outlet;
    this.#turn = turn;
    this.#limits = limits;
  }

  /** Adds an event; see {@link SessionLink.push} for `latestKey`. */
  push(fragment: Fragment, latestKey: string | undefined): void {
    if (this.#held) {
      this.#hold(fragment, true, latestKey);
    } else if (this.#events === '') {
      if (!this.#messages) this.#turn.add(this);
      this.#events = fragment;
    } else {
      this.#events += `,${fragment}`;
    }
  }

  /** Adds a whole message. */
  send(message: string): void {
    if (this.#held) {
      this.#hold(message, false, undefined);
      return;
    }
    if (this.#events === '' && !this.#messages) this.#turn.add(this);
    this.#messages ??= [];
    if (this.#events !== '') this.#messages.push(joined(this.#events));
    this.#events = '';
    this.#messages.push(message);
  }

  /** Writes what waits, unless the stream asks to wait. */
  flush(): void {
    if (this.#held) return;
    if (this.#outlet.stream.writableNeedDrain) this.#becomeSlow();
    else this.#write();
  }

  /** Writes everything there is, also to a client that does not keep up; before closing. */
  flushAll(): void {
    this.#release();
    this.#write();
  }

  /** Forgets what waits; before closing because the client does not read. */
  drop(): void {
    this.#messages = undefined;
    this.#events = '';
    this.#held = undefined;
    this.#turn.removeSlow(this);
  }

  giveUp(): void {
    this.drop();
    this.#outlet.tooSlow();
  }

  #write(): void {
    const messages = this.#messages;
    const events = this.#events;
    this.#messages = undefined;
    this.#events = '';
    const { socket, stream } = this.#outlet;
    if (socket.readyState !== WebSocket.OPEN) return;
    const several = (messages?.length ?? 0) + (events === '' ? 0 : 1) > 1;
    // For a single message, as most answers are, it would only cost.
    if (several) stream.cork();
    for (const message of messages ?? []) stream.write(this.#turn.messageFrame(message));
    if (events !== '') stream.write(this.#turn.eventsFrame(events));
    if (several) stream.uncork();
    if (stream.writableLength > 0) this.#turn.keepFrames();
  }

  #becomeSlow(): void {
    const messages = this.#messages;
    const events = this.#events;
    this.#messages = undefined;
    this.#events = '';
    this.#held = new Map();
    this.#heldUnits = 0;
    this.slowSinceMs = this.#limits.monotonicMs();
    this.#turn.addSlow(this);
    this.#outlet.stream.once('drain', () => this.#drained());
    for (const message of messages ?? []) this.#hold(message, false, undefined);
    if (events !== '') this.#hold(events, true, undefined);
  }

  #hold(text: string, isFragment: boolean, latestKey: string | undefined): void {
    const held = this.#held;
    if (!held) return;
    const key = latestKey ?? this.#heldCount++;
    const older = held.get(key);
    // Deleted first, so that the newer state takes its place in the order of time.
    if (older && held.delete(key)) this.#heldUnits -= older.text.length;
    held.set(key, { text, isFragment });
    this.#heldUnits += text.length;
    if (this.#heldUnits > this.#limits.slowBytes) this.giveUp();
  }

  #drained(): void {
    if (!this.#held) return;
    this.#release();
    this.#write();
  }

  /** Turns what was held into what waits, and counts the client as one that keeps up. */
  #release(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    this.slowSinceMs = Number.POSITIVE_INFINITY;
    this.#turn.removeSlow(this);
    for (const { text, isFragment } of held.values()) {
      if (isFragment) this.push(text as Fragment, undefined);
      else this.send(text);
    }
  }
}

function joined(fragments: string): string {
  return `{"events":[${fragments}]}`;
}
