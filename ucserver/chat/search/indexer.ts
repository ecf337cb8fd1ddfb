import type { ConversationId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { StoredEntry } from '../commit-plan.ts';
import { earlierTargets, planIndex } from './index-plan.ts';
import type { SearchRepository } from './repository.ts';

export interface IndexerOptions {
  readonly repository: Pick<SearchRepository, 'position' | 'entriesAfter' | 'entries' | 'follow' | 'lags'>;
  /** Whether this server is the one that looks for what others have left. */
  readonly isFirst: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

const lookEveryMs = 200;
/** A conversation is indexed when it has grown by this much, or has not for a while: several messages share what a step costs. */
const batch = 64;
const idleMs = 3_000;
/** While this server stores more than this, indexing waits, up to a minute: what is not indexed is found all the same. */
const busyPerSecond = 300;
const longestWaitMs = 60_000;
/** Entries of one step. */
const stepEntries = 128;
/** A step is followed by a pause of so many times its own length. */
const pauses = 3;
const firstSweepMs = 5_000;
const sweepEveryMs = 600_000;
const sweepPage = 500;

interface Waiting {
  readonly sinceMs: number;
  entries: number;
}

/**
 * Lets the search index follow the log. It does so after the commit, in small steps with pauses, so that nobody who sends waits for
 * it; where it stands is stored with what it added, so nothing is missed or done twice, whoever dies.
 */
export class Indexer {
  readonly #options: IndexerOptions;
  readonly #waiting = new Map<ConversationId, Waiting>();
  readonly #timers: Timer[] = [];
  #work: Promise<void> | undefined;
  #ended = false;
  #sweepIsDue = false;
  /** Entries that were committed here since the second began. */
  #recent = 0;
  #busy = false;

  constructor(options: IndexerOptions) {
    this.#options = options;
  }

  /** Conversations that wait to be indexed. */
  get waiting(): number {
    return this.#waiting.size;
  }

  start(): void {
    const { clock } = this.#options;
    const sweep = () => {
      this.#sweepIsDue = this.#options.isFirst();
    };
    this.#timers.push(
      clock.every(lookEveryMs, () => void this.#alone(() => this.#look())),
      clock.every(1_000, () => this.#measure()),
      clock.after(firstSweepMs, sweep),
      clock.every(sweepEveryMs, sweep),
    );
  }

  async stop(): Promise<void> {
    this.#ended = true;
    for (const timer of this.#timers) timer.stop();
    await this.#work;
  }

  /** These were committed by this server. */
  committed(entries: readonly { readonly entry: StoredEntry }[]): void {
    this.#recent += entries.length;
    for (const { entry } of entries) this.#wait(entry.conversationId, 1);
  }

  /** Indexes whatever is not indexed, whoever committed it. */
  async catchUp(): Promise<void> {
    await this.#findLags();
    for (const conversationId of [...this.#waiting.keys()]) await this.#follow(conversationId);
  }

  #wait(conversationId: ConversationId, entries: number): void {
    const waiting = this.#waiting.get(conversationId);
    if (waiting !== undefined) waiting.entries += entries;
    else this.#waiting.set(conversationId, { sinceMs: this.#options.clock.monotonicMs(), entries });
  }

  #measure(): void {
    this.#busy = this.#recent > busyPerSecond;
    this.#recent = 0;
  }

  /** One piece of work at a time. Never rejects. */
  async #alone(act: () => Promise<void>): Promise<void> {
    if (this.#work !== undefined || this.#ended) return;
    this.#work = act().catch((error: unknown) => {
      // While SQL is away everything waits; the next look tries again.
      if (!(error instanceof UCError)) this.#options.logger.error('The search index could not follow', { error });
    });
    await this.#work;
    this.#work = undefined;
  }

  async #look(): Promise<void> {
    if (this.#sweepIsDue) {
      await this.#findLags();
      this.#sweepIsDue = false;
    }
    const nowMs = this.#options.clock.monotonicMs();
    for (const [conversationId, { sinceMs, entries }] of this.#waiting) {
      const isDue = this.#busy ? nowMs - sinceMs >= longestWaitMs : entries >= batch || nowMs - sinceMs >= idleMs;
      if (!isDue) continue;
      await this.#follow(conversationId);
      if (this.#ended) return;
    }
  }

  async #follow(conversationId: ConversationId): Promise<void> {
    const { clock } = this.#options;
    const waiting = this.#waiting.get(conversationId);
    // What is added from here on is looked at once more.
    this.#waiting.delete(conversationId);
    try {
      for (let isBehind = true; isBehind && !this.#ended; ) {
        const startMs = clock.monotonicMs();
        isBehind = await this.#step(conversationId);
        await this.#pause(pauses * (clock.monotonicMs() - startMs));
      }
    } catch (error) {
      if (waiting !== undefined && !this.#waiting.has(conversationId)) this.#waiting.set(conversationId, waiting);
      throw error;
    }
  }

  /** @returns whether there may be more. */
  async #step(conversationId: ConversationId): Promise<boolean> {
    const { repository } = this.#options;
    const after = await repository.position(conversationId);
    const entries = await repository.entriesAfter(conversationId, after, Number.MAX_SAFE_INTEGER, stepEntries);
    const step = planIndex(entries, await repository.entries(conversationId, earlierTargets(entries)));
    if (step !== undefined) await repository.follow(step);
    return entries.length === stepEntries;
  }

  /** Finds what was committed by servers that did not get to index it. */
  async #findLags(): Promise<void> {
    const { repository } = this.#options;
    for (let after = ''; ; ) {
      const page = await repository.lags(after, sweepPage);
      for (const { conversationId, after: indexed, lastSeq } of page)
        if (lastSeq > indexed) this.#wait(conversationId, lastSeq - indexed);
      const last = page.at(-1);
      if (last === undefined || page.length < sweepPage || this.#ended) return;
      after = last.conversationId;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(ms, resolve));
  }
}
