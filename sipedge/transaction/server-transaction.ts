import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { ReceivedRequest } from '../message/message.ts';
import type { Flow } from '../transport/flow.ts';
import { Retransmission } from './retransmission.ts';
import { lifetimeMs, type TimerValues } from './timers.ts';

/**
 * `trying`: nothing was answered; `proceeding`: a provisional answer; `accepted`: 2xx to INVITE; `completed`: another final
 * answer; `confirmed`: its ACK has come.
 */
export type ServerState = 'trying' | 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';

export interface ServerTransactionOptions {
  /** Names it towards the application. */
  readonly id: string;
  readonly request: ReceivedRequest;
  /** The way back to who sent the request. */
  readonly flow: Flow;
  readonly clock: Clock;
  readonly timers: TimerValues;
  readonly onTerminated: () => void;
}

/** The server side of a transaction: INVITE by RFC 3261 17.2.1 as changed by RFC 6026, others by 17.2.2. */
export class ServerTransaction {
  readonly id: string;
  readonly request: ReceivedRequest;
  readonly flow: Flow;
  readonly #clock: Clock;
  readonly #timers: TimerValues;
  readonly #onTerminated: () => void;
  #state: ServerState = 'trying';
  #last: string | undefined;
  #retransmission: Retransmission | undefined;
  #end: Timer | undefined;

  constructor({ id, request, flow, clock, timers, onTerminated }: ServerTransactionOptions) {
    this.id = id;
    this.request = request;
    this.flow = flow;
    this.#clock = clock;
    this.#timers = timers;
    this.#onTerminated = onTerminated;
  }

  get state(): ServerState {
    return this.#state;
  }

  get isInvite(): boolean {
    return this.request.start.method === 'INVITE';
  }

  /** Whether a final answer can still be given. */
  get isOpen(): boolean {
    return this.#state === 'trying' || this.#state === 'proceeding';
  }

  /** The request came again. */
  repeated(): void {
    if (this.#last === undefined || this.#state === 'accepted' || this.#state === 'confirmed') return;
    this.flow.send(this.#last);
  }

  /** Sends an answer. @param text the whole message */
  respond(status: number, text: string): void {
    if (!this.isOpen) return;
    this.#last = text;
    this.flow.send(text);
    if (status < 200) this.#state = 'proceeding';
    else if (!this.isInvite) this.#complete(this.flow.isReliable ? 0 : lifetimeMs(this.#timers));
    else if (status < 300) this.#accept();
    else this.#refuse(text);
  }

  /** An ACK with the key of this INVITE came. @returns whether it belongs here; one to a 2xx belongs to the dialog */
  acknowledged(): boolean {
    if (this.#state === 'accepted') return false;
    if (this.#state === 'completed') {
      this.#retransmission?.stop();
      this.#state = 'confirmed';
      this.#endAfter(this.flow.isReliable ? 0 : this.#timers.t4Ms);
    }
    return true;
  }

  /** Forgets it without another word. */
  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#retransmission?.stop();
    this.#end?.stop();
    this.#onTerminated();
  }

  /** The dialog repeats a 2xx; here only the repeated INVITEs are absorbed for that long. */
  #accept(): void {
    this.#state = 'accepted';
    this.#endAfter(lifetimeMs(this.#timers));
  }

  #refuse(text: string): void {
    this.#state = 'completed';
    if (!this.flow.isReliable) {
      const { t1Ms, t2Ms } = this.#timers;
      this.#retransmission = new Retransmission(this.#clock, t1Ms, t2Ms, () => this.flow.send(text));
    }
    this.#endAfter(lifetimeMs(this.#timers));
  }

  #complete(lingerMs: number): void {
    this.#state = 'completed';
    this.#endAfter(lingerMs);
  }

  #endAfter(ms: number): void {
    this.#end?.stop();
    if (ms === 0) this.terminate();
    else this.#end = this.#clock.after(ms, () => this.terminate());
  }
}
