import type { Clock, Timer } from '#shared/runtime/clock.ts';
import { Retransmission } from '../transaction/retransmission.ts';
import { lifetimeMs, type TimerValues } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';

/** A 2xx to INVITE that is repeated until its ACK comes, over streams too: a hop behind them may lose it (RFC 3261 13.3.1.4). */
export class AwaitedAck {
  /** The transaction the application knows the ACK by; a new one for an INVITE inside a dialog. */
  readonly transactionId: string | undefined;
  readonly #retransmission: Retransmission;
  readonly #end: Timer;

  /** @param onMissing no ACK came in 64 × T1 */
  constructor(
    transactionId: string | undefined,
    { clock, timers }: { readonly clock: Clock; readonly timers: TimerValues },
    flow: Flow,
    text: string,
    onMissing: () => void,
  ) {
    this.transactionId = transactionId;
    this.#retransmission = new Retransmission(clock, timers.t1Ms, timers.t2Ms, () => flow.send(text));
    this.#end = clock.after(lifetimeMs(timers), () => {
      this.stop();
      onMissing();
    });
  }

  stop(): void {
    this.#retransmission.stop();
    this.#end.stop();
  }
}
