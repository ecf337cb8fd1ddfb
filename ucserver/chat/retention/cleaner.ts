import type { ConversationId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Lease } from '#ucserver/database/lease.ts';
import type { DraftRepository } from '../drafts/index.ts';
import type { ChatDays } from '../settings.ts';
import type { RetentionRepository } from './repository.ts';

export interface RetentionCleanerOptions {
  readonly repository: RetentionRepository;
  readonly drafts: Pick<DraftRepository, 'deleteOlder'>;
  readonly days: () => ChatDays;
  /** Name of this server's life. */
  readonly holder: () => string;
  /** How often to look for what has become too old, ms. */
  readonly everyMs: number;
  /** Rest between two transactions, ms. */
  readonly restMs: number;
  /** What other servers may be given from memory must not be older either. */
  readonly onOld: (before: number) => void;
  /** The texts of a conversation are gone up to this number. */
  readonly onEmptied: (conversationId: ConversationId, upTo: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

const dayMs = 86_400_000;
/** Longer than one step takes; when its holder dies another server goes on after this. */
const leaseMs = 60_000;
const conversationsAtOnce = 200;

/** Deletes messages and drafts that are older than they may be, in small steps with rests between them, on one server at a time. */
export class RetentionCleaner {
  readonly #options: RetentionCleanerOptions;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: RetentionCleanerOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, everyMs } = this.#options;
    this.#timer = clock.every(everyMs, () => void this.run());
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.stop();
    await this.#running;
  }

  /** Goes through everything once, unless another server does; never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#cleanAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #cleanAll(): Promise<void> {
    const { days, onOld, clock, logger } = this.#options;
    const kept = days();
    const before = (most: number) => clock.wallMs() - most * dayMs;
    try {
      if (kept.messages > 0) {
        onOld(before(kept.messages));
        await this.#cleanMessages(before(kept.messages));
      }
      if (kept.drafts > 0) await this.#cleanDrafts(before(kept.drafts));
    } catch (error) {
      // While SQL is away everything stays as it is; the next round goes on.
      if (!(error instanceof UCError)) logger.error('What is too old could not be deleted', { error });
    }
  }

  async #cleanMessages(before: number): Promise<void> {
    const { repository } = this.#options;
    if (!(await repository.hold(this.#lease()))) return;
    for (let after = ''; ; ) {
      const page = await repository.page(after, before, conversationsAtOnce);
      for (const { id, isDue } of page) if (isDue && !(await this.#clean(id, before))) return;
      const last = page.at(-1);
      if (last === undefined || page.length < conversationsAtOnce || this.#stopped) return;
      after = last.id;
      await this.#rest();
    }
  }

  /** @returns false when this server must not go on. */
  async #clean(conversationId: ConversationId, before: number): Promise<boolean> {
    const { repository, onEmptied } = this.#options;
    for (;;) {
      if (this.#stopped) return false;
      const { held, upTo, more } = await repository.emptyOlder(conversationId, before, this.#lease());
      if (!held) return false;
      if (upTo !== undefined) onEmptied(conversationId, upTo);
      await this.#rest();
      if (!more) return true;
    }
  }

  async #cleanDrafts(before: number): Promise<void> {
    const { repository, drafts } = this.#options;
    while (!this.#stopped && (await repository.hold(this.#lease())) && (await drafts.deleteOlder(before))) await this.#rest();
  }

  #rest(): Promise<void> {
    const { clock, restMs } = this.#options;
    return new Promise((resolve) => clock.after(restMs, resolve));
  }

  #lease(): Lease {
    const { holder, clock } = this.#options;
    const now = clock.wallMs();
    return { name: 'chat.retention', holder: holder(), now, until: now + leaseMs };
  }
}
