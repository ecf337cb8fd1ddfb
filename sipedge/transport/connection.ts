import type { Clock, Timer } from '#shared/runtime/clock.ts';
import { bareHost } from '../message/uri.ts';
import { type Endpoint, type Flow, isReliable, type ListenerAddress } from './flow.ts';

/** When a connection is given up. */
export interface ConnectionTimes {
  /** For a message to come whole, and for the first one to come at all. */
  readonly messageMs: number;
  /** Without a byte from the peer, unless it is kept for a binding. */
  readonly idleMs: number;
}

/** What a connection stands on: a TCP or TLS socket, or a WebSocket. */
export interface Carrier {
  readonly isOpen: boolean;
  /** Bytes handed over and not yet taken by the network. */
  readonly waitingBytes: number;
  send(text: string): void;
  /** Closes orderly; what was sent before still leaves. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** A peer that does not read what it is sent is given up at this many bytes. */
const waitingLimitBytes = 1_048_576;

/** A connection as a way to its peer, with the times after which it is given up. */
export class Connection implements Flow {
  readonly isReliable: boolean;
  readonly remote: Endpoint;
  readonly listener: ListenerAddress;
  readonly #clock: Clock;
  readonly #times: ConnectionTimes;
  readonly #carrier: Carrier;
  #heardMs: number;
  #begunMs: number | undefined;
  #keptUntilMs = 0;
  readonly #watch: Timer;

  constructor(carrier: Carrier, remote: Endpoint, listener: ListenerAddress, clock: Clock, times: ConnectionTimes) {
    this.isReliable = isReliable(listener.protocol);
    this.remote = { address: bareHost(remote.address), port: remote.port };
    this.listener = listener;
    this.#clock = clock;
    this.#times = times;
    this.#carrier = carrier;
    this.#heardMs = clock.monotonicMs();
    this.#begunMs = this.#heardMs;
    this.#watch = clock.every(Math.max(1, times.messageMs / 4), () => this.#look());
  }

  get protocol(): ListenerAddress['protocol'] {
    return this.listener.protocol;
  }

  get isOpen(): boolean {
    return this.#carrier.isOpen;
  }

  send(text: string): void {
    if (!this.#carrier.isOpen) return;
    this.#carrier.send(text);
    if (this.#carrier.waitingBytes > waitingLimitBytes) this.#carrier.destroy();
  }

  toPort(): Flow {
    return this;
  }

  keepUntil(monotonicMs: number): void {
    this.#keptUntilMs = Math.max(this.#keptUntilMs, monotonicMs);
  }

  /** Bytes came from the peer. @param isAmidMessage whether a message has begun and not ended with them */
  heard(isAmidMessage: boolean, endedOne: boolean): void {
    this.#heardMs = this.#clock.monotonicMs();
    if (!isAmidMessage) this.#begunMs = undefined;
    else if (endedOne || this.#begunMs === undefined) this.#begunMs = this.#heardMs;
  }

  /** Closes after what was sent has left. */
  end(): void {
    this.#carrier.end();
  }

  destroy(): void {
    this.#carrier.destroy();
  }

  /** The carrier is closed. */
  closed(): void {
    this.#watch.stop();
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    const isSlow = this.#begunMs !== undefined && nowMs - this.#begunMs >= this.#times.messageMs;
    const isIdle = nowMs - this.#heardMs >= this.#times.idleMs && nowMs >= this.#keptUntilMs;
    if (isSlow || isIdle) this.#carrier.destroy();
  }
}
