import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Answer, fromFailure } from './messages.ts';

interface Waiting<Work> {
  readonly work: Work;
  readonly waitMs: number;
  readonly resolve: (answer: { value: unknown; announces: boolean }) => void;
  readonly reject: (error: Error) => void;
}

export interface GroupQueueOptions<Work> {
  readonly clock: Clock;
  /** Sends a group to the thread; its answers come to {@link GroupQueue.answered}. */
  readonly send: (works: readonly { readonly id: number; readonly work: Work }[], waitMs: number) => void;
  /** What a call without an answer gets: nobody knows whether a write was stored. */
  readonly unanswered: 'OUTCOME_UNKNOWN' | 'STORAGE_UNAVAILABLE';
  readonly defaultWaitMs: number;
}

const largestGroup = 1_000;

/**
 * Calls to one thread, one group at a time: what is asked while a group is on its way goes with the next, so that under load
 * the cost of a message and of a commit is shared by many calls, and without load a call waits for nobody.
 */
export class GroupQueue<Work> {
  readonly #options: GroupQueueOptions<Work>;
  #queue: Waiting<Work>[] = [];
  #sent = new Map<number, Waiting<Work>>();
  #sentAtMs = 0;
  #ready = false;
  /** The group that was late at the last look. */
  #lateAtMs: number | undefined;
  #lastId = 0;
  #scheduled = false;

  constructor(options: GroupQueueOptions<Work>) {
    this.#options = options;
  }

  get length(): number {
    return this.#queue.length + this.#sent.size;
  }

  ask(work: Work, waitMs = this.#options.defaultWaitMs): Promise<{ value: unknown; announces: boolean }> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ work, waitMs, resolve, reject });
      this.#schedule();
    });
  }

  answered(answers: readonly Answer[]): void {
    for (const answer of answers) {
      const waiting = this.#sent.get(answer.id);
      if (waiting === undefined) continue;
      this.#sent.delete(answer.id);
      if (answer.ok) waiting.resolve(answer);
      else waiting.reject(fromFailure(answer.failure));
    }
    // A late answer of a group that was given up must not release the group that followed it.
    if (this.#sent.size === 0) this.#schedule();
  }

  /**
   * True when the group on its way is answered neither in its time nor in one second more: the thread hangs. Asked regularly, it
   * says so at the second look only, because after a pause of this process the answer may be waiting behind the timer.
   */
  overdue(): boolean {
    const [one] = this.#sent.values();
    const late = one !== undefined && this.#ready && this.#options.clock.monotonicMs() - this.#sentAtMs > one.waitMs + 1_000;
    const seenBefore = late && this.#lateAtMs === this.#sentAtMs;
    this.#lateAtMs = late ? this.#sentAtMs : undefined;
    return seenBefore;
  }

  /** The thread works from now on; what it was sent while it started counts from here. */
  threadReady(): void {
    this.#ready = true;
    this.#sentAtMs = this.#options.clock.monotonicMs();
  }

  /** The thread is gone with what it was sent; another is started. */
  threadLost(): void {
    this.#ready = false;
    this.giveUpSent();
  }

  /** Nobody will answer what was sent. */
  giveUpSent(): void {
    const lost = [...this.#sent.values()];
    this.#sent = new Map();
    for (const { reject } of lost) reject(new UCError(this.#options.unanswered));
    this.#schedule();
  }

  /** What was not sent yet is refused: nothing of it was stored. Calls that brought patience of their own stay. */
  refuseQueued(): void {
    const refused = this.#queue.filter(({ waitMs }) => waitMs <= this.#options.defaultWaitMs);
    this.#queue = this.#queue.filter(({ waitMs }) => waitMs > this.#options.defaultWaitMs);
    for (const { reject } of refused) reject(new UCError('STORAGE_UNAVAILABLE'));
  }

  #schedule(): void {
    if (this.#scheduled || this.#queue.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#sent.size === 0) this.#flush();
    });
  }

  #flush(): void {
    const [head] = this.#queue;
    if (head === undefined) return;
    const differs = this.#queue.findIndex(({ waitMs }) => waitMs !== head.waitMs);
    const group = this.#queue.splice(0, Math.min(differs === -1 ? this.#queue.length : differs, largestGroup));
    const works = group.map((waiting) => {
      this.#lastId += 1;
      this.#sent.set(this.#lastId, waiting);
      return { id: this.#lastId, work: waiting.work };
    });
    this.#sentAtMs = this.#options.clock.monotonicMs();
    try {
      this.#options.send(works, head.waitMs);
    } catch (error) {
      // A value that cannot be cloned: the whole group is refused, because which one it was is not known.
      this.#sent = new Map();
      for (const { reject } of group) reject(error as Error);
    }
  }
}
