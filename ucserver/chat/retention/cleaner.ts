import type { ConversationId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { dayMs, RetentionRounds } from '#ucserver/database/retention-rounds.ts';
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

const conversationsAtOnce = 200;

/** Deletes messages and drafts that are older than they may be, in small steps with rests between them, on one server at a time. */
export class RetentionCleaner {
  readonly #options: RetentionCleanerOptions;
  readonly #rounds: RetentionRounds;

  constructor(options: RetentionCleanerOptions) {
    this.#options = options;
    this.#rounds = new RetentionRounds({ ...options, name: 'chat.retention', round: () => this.#cleanAll() });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Ends after the step that is under way. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** Goes through everything once, unless another server does; never rejects. */
  run(): Promise<void> {
    return this.#rounds.run();
  }

  async #cleanAll(): Promise<void> {
    const { days, onOld, clock } = this.#options;
    const kept = days();
    const before = (most: number) => clock.wallMs() - most * dayMs;
    if (kept.messages > 0) {
      onOld(before(kept.messages));
      await this.#cleanMessages(before(kept.messages));
    }
    if (kept.drafts > 0) await this.#cleanDrafts(before(kept.drafts));
  }

  async #cleanMessages(before: number): Promise<void> {
    const { repository } = this.#options;
    if (!(await repository.hold(this.#rounds.lease()))) return;
    for (let after = ''; ; ) {
      const page = await repository.page(after, before, conversationsAtOnce);
      for (const { id, isDue } of page) if (isDue && !(await this.#clean(id, before))) return;
      const last = page.at(-1);
      if (last === undefined || page.length < conversationsAtOnce || this.#rounds.isStopped) return;
      after = last.id;
      await this.#rounds.rest();
    }
  }

  /** @returns false when this server must not go on. */
  async #clean(conversationId: ConversationId, before: number): Promise<boolean> {
    const { repository, onEmptied } = this.#options;
    for (;;) {
      if (this.#rounds.isStopped) return false;
      const { held, upTo, more } = await repository.emptyOlder(conversationId, before, this.#rounds.lease());
      if (!held) return false;
      if (upTo !== undefined) onEmptied(conversationId, upTo);
      await this.#rounds.rest();
      if (!more) return true;
    }
  }

  async #cleanDrafts(before: number): Promise<void> {
    const { repository, drafts } = this.#options;
    while (!this.#rounds.isStopped && (await repository.hold(this.#rounds.lease())) && (await drafts.deleteOlder(before)))
      await this.#rounds.rest();
  }
}
