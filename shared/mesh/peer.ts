import { type Incarnation, type IncarnationId, incarnationId } from '../ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { Outbox } from './outbox.ts';
import type { SecondItem } from './payload.ts';
import { AgeGauge, IncomingStream, ReplayWindow } from './stream.ts';

/** How many state changes are applied before other work gets its turn. */
export const sliceSize = 500;

/** One other incarnation: both streams between it and us, and what waits in them. */
export class Peer {
  readonly incarnation: Incarnation;
  readonly id: IncarnationId;
  /** Its inbox. */
  readonly channel: string;
  /** Where it answers without the bus; learnt from its heartbeats. */
  meshUrl: string | undefined;
  readonly outbox = new Outbox();
  readonly incoming = new IncomingStream();
  readonly directWindow = new ReplayWindow();
  readonly age: AgeGauge;
  readonly directAge: AgeGauge;
  /** Nothing has been sent since the last keep-alive was due. */
  quiet = true;
  #number = 0;
  #directNumber = 0;
  #waiting: { readonly number: number; readonly items: readonly SecondItem[] }[] = [];
  #done = 0;
  #applied = 0;
  #appliedSinceTold = 0;

  constructor(incarnation: Incarnation, channel: (id: IncarnationId) => string, clock: Clock) {
    this.incarnation = incarnation;
    this.id = incarnationId(incarnation);
    this.channel = channel(this.id);
    this.age = new AgeGauge(clock);
    this.directAge = new AgeGauge(clock);
  }

  nextNumber(): number {
    return ++this.#number;
  }

  nextDirectNumber(): number {
    return ++this.#directNumber;
  }

  /** Something for it was lost here: leaves a gap in the numbers, so that it reads again what it missed. */
  leaveGap(): void {
    this.#number++;
  }

  /** State changes that arrived with the envelope of this number. @returns whether {@link applySlice} must be called. */
  arrived(number: number, items: readonly SecondItem[]): boolean {
    if (items.length === 0 && this.#waiting.length === 0) {
      this.#applied = number;
      return false;
    }
    this.#waiting.push({ number, items });
    return this.#waiting.length === 1;
  }

  /** Applies up to {@link sliceSize} changes. @returns whether more wait. */
  applySlice(apply: (item: SecondItem) => void): boolean {
    let left = sliceSize;
    for (let head = this.#waiting[0]; head !== undefined && left > 0; head = this.#waiting[0]) {
      const slice = head.items.slice(this.#done, this.#done + left);
      for (const item of slice) apply(item);
      left -= slice.length;
      this.#done += slice.length;
      if (this.#done < head.items.length) break;
      this.#waiting.shift();
      this.#done = 0;
      this.#applied = head.number;
    }
    this.#appliedSinceTold += sliceSize - left;
    return this.#waiting.length > 0;
  }

  /** Enough was applied that it should be acknowledged before the next keep-alive. */
  get acknowledgementDue(): boolean {
    return this.#appliedSinceTold >= sliceSize;
  }

  /** What to acknowledge in the envelope that leaves now. */
  acknowledge(): number {
    this.#appliedSinceTold = 0;
    return this.#applied;
  }
}
