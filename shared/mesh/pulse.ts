import type { Clock, Timer } from '../runtime/clock.ts';
import type { Bus } from './bus.ts';
import type { MeshState } from './mesh-port.ts';

/** How often we send ourselves a message. */
export const pingPeriodMs = 400;
/** Silence after which the bus counts as down. */
export const silenceMs = 1_500;

export interface PulseOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  /** Sends a message to ourselves through the bus. */
  readonly ping: () => void;
  readonly onChange: (state: MeshState) => void;
}

/**
 * Whether the bus really carries: a message to ourselves every 400 ms, and when none has come back for 1.5 s the bus is down
 * and its connection is built anew.
 */
export class Pulse {
  readonly #options: PulseOptions;
  #state: MeshState = 'down';
  #echoMs = Number.NEGATIVE_INFINITY;
  #rebuiltMs: number;
  #lookedMs: number;
  #timer: Timer | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#lookedMs = options.clock.monotonicMs();
    this.#rebuiltMs = this.#lookedMs;
  }

  get state(): MeshState {
    return this.#state;
  }

  /** How long ago the last echo came. */
  get silenceMs(): number {
    return this.#options.clock.monotonicMs() - this.#echoMs;
  }

  start(): void {
    const { bus, clock, ping } = this.#options;
    this.#lookedMs = clock.monotonicMs();
    this.#rebuiltMs = this.#lookedMs;
    this.#stopListening = bus.onState((state) => {
      if (state === 'up') ping();
      else this.#change('down');
    });
    let sinceLastPingMs = pingPeriodMs;
    const lookPeriodMs = pingPeriodMs / 4;
    this.#timer = clock.every(lookPeriodMs, () => {
      sinceLastPingMs += lookPeriodMs;
      if (sinceLastPingMs >= pingPeriodMs && bus.state === 'up') {
        sinceLastPingMs = 0;
        ping();
      }
      this.#look();
    });
    if (bus.state === 'up') ping();
  }

  stop(): void {
    this.#timer?.stop();
    this.#stopListening?.();
    this.#change('down');
  }

  /** Our message came back; it was sent at this monotonic time. */
  echo(sentMs: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - sentMs > silenceMs) return;
    this.#echoMs = nowMs;
    if (this.#options.bus.state === 'up') this.#change('up');
  }

  #look(): void {
    const { bus, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const pausedMs = nowMs - this.#lookedMs - pingPeriodMs / 4;
    this.#lookedMs = nowMs;
    // After a pause of our own loop the echoes wait in the socket, which is read only after the timers.
    if (pausedMs > pingPeriodMs / 2) {
      this.#echoMs += pausedMs;
      return;
    }
    if (this.silenceMs <= silenceMs) return;
    this.#change('down');
    if (bus.state === 'up' && nowMs - this.#rebuiltMs > silenceMs) {
      this.#rebuiltMs = nowMs;
      bus.rebuild();
    }
  }

  #change(state: MeshState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onChange(state);
  }
}
