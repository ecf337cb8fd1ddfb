import type { Clock, Timer } from '#shared/runtime/clock.ts';
import { Retransmission } from '../transaction/retransmission.ts';
import { lifetimeMs, type TimerValues } from '../transaction/timers.ts';

interface Waiting {
  readonly rseq: number;
  readonly text: string;
  readonly hasOffer: boolean;
}

export interface ReliableAnswersOptions {
  readonly clock: Clock;
  readonly timers: TimerValues;
  /** Of the INVITE. */
  readonly seq: number;
  /** Of the first reliable answer. */
  readonly firstRSeq: number;
  /** Sends a provisional answer. */
  readonly send: (text: string) => void;
  /** No PRACK came in 64 × T1. */
  readonly onMissing: () => void;
}

/**
 * Provisional answers to one INVITE that are repeated until their PRACK comes (RFC 3262 3): one after the other; a 2xx waits for
 * those that hold a session description.
 */
export class ReliableAnswers {
  readonly #options: ReliableAnswersOptions;
  readonly #queue: Waiting[] = [];
  #nextRSeq: number;
  #retransmission: Retransmission | undefined;
  #end: Timer | undefined;
  #final: (() => void) | undefined;

  constructor(options: ReliableAnswersOptions) {
    this.#options = options;
    this.#nextRSeq = options.firstRSeq;
  }

  /** The number the next answer will carry. */
  takeRSeq(): number {
    return this.#nextRSeq++;
  }

  add(rseq: number, text: string, hasOffer: boolean): void {
    this.#queue.push({ rseq, text, hasOffer });
    if (this.#queue.length === 1) this.#sendFirst();
  }

  /** @returns whether this PRACK names the answer that is being repeated */
  acknowledged(rack: string): boolean {
    const [rseq, seq, method] = rack.trim().split(/\s+/);
    const first = this.#queue[0];
    if (first === undefined || Number(rseq) !== first.rseq || Number(seq) !== this.#options.seq || method !== 'INVITE')
      return false;
    this.#stopRepeating();
    this.#queue.shift();
    if (this.#final !== undefined && !this.#queue.some(({ hasOffer }) => hasOffer)) this.#release();
    else this.#sendFirst();
    return true;
  }

  /** Calls `send` when a 2xx may leave: now, or when what it must wait for is acknowledged. */
  finish(send: () => void): void {
    this.#final = send;
    if (!this.#queue.some(({ hasOffer }) => hasOffer)) this.#release();
  }

  stop(): void {
    this.#stopRepeating();
    this.#queue.length = 0;
    this.#final = undefined;
  }

  #release(): void {
    const send = this.#final;
    this.stop();
    send?.();
  }

  #sendFirst(): void {
    const first = this.#queue[0];
    if (first === undefined) return;
    const { clock, timers, send, onMissing } = this.#options;
    send(first.text);
    this.#retransmission = new Retransmission(clock, timers.t1Ms, Number.POSITIVE_INFINITY, () => send(first.text));
    this.#end = clock.after(lifetimeMs(timers), () => {
      this.stop();
      onMissing();
    });
  }

  #stopRepeating(): void {
    this.#retransmission?.stop();
    this.#end?.stop();
  }
}
