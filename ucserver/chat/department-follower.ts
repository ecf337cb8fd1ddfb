import type { ConversationId, GroupId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { systemAuthor } from '#shared/protocol/system-author.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { NewEntry } from './commit-plan.ts';
import type { Receipt } from './committer.ts';
import { departmentConversationId } from './conversation-id.ts';
import { type Department, departmentStep } from './department-plan.ts';
import type { DepartmentRepository } from './department-repository.ts';

/** What chat knows of departments without SQL. */
export interface Departments {
  ids(): Iterable<GroupId>;
  isIn(groupId: GroupId, userId: UserId): boolean;
  has(groupId: GroupId): boolean;
  /** Tells which departments have changed. Answers how to stop listening. */
  onChange(listener: (groupIds: readonly GroupId[]) => void): () => void;
}

export interface DepartmentFollowerOptions {
  readonly departments: Departments;
  readonly repository: DepartmentRepository;
  /** Whether the conversation exists, as far as memory knows. */
  readonly exists: (conversationId: ConversationId) => boolean;
  /** Whether this server acts at once; the others look whether it has. */
  readonly isFirst: () => boolean;
  readonly commit: (entry: NewEntry, members: readonly UserId[]) => Promise<Receipt>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const lookEveryMs = 1_000;
/** Those who are not first look this much later, in case the first one did not get to it. */
const othersAfterMs = 3_000;
const againMs = 5_000;
/** Changes that happened while no server ran, or that nobody heard of, are found by looking at all. */
const lookAtAllEveryMs = 10 * 60_000;
/** More steps than the largest department takes. */
const mostSteps = 50;

/** Sees to it that the conversations of departments have the members that the directory says. */
export class DepartmentFollower {
  readonly #options: DepartmentFollowerOptions;
  /** When (monotonic ms) to look at which department. */
  readonly #due = new Map<GroupId, number>();
  readonly #running = new Map<GroupId, Promise<void>>();
  readonly #timers: Timer[] = [];
  #off: (() => void) | undefined;

  constructor(options: DepartmentFollowerOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, departments } = this.#options;
    this.#off = departments.onChange((groupIds) => {
      const isFirst = this.#options.isFirst();
      this.#note(groupIds, isFirst ? 0 : othersAfterMs);
      if (isFirst) void this.#lookAtDue();
    });
    this.#timers.push(
      clock.every(lookEveryMs, () => void this.#lookAtDue()),
      clock.every(lookAtAllEveryMs, () => this.#note(departments.ids(), 0)),
    );
    this.#note(departments.ids(), othersAfterMs);
  }

  /** Ends; what is being followed is followed to its end. */
  async stop(): Promise<void> {
    this.#off?.();
    for (const timer of this.#timers.splice(0)) timer.stop();
    this.#due.clear();
    await Promise.allSettled(this.#running.values());
  }

  /**
   * Answers when the conversation of the department, which begins with this if there is none, has its members.
   *
   * @throws UCError `STORAGE_UNAVAILABLE`
   */
  follow(groupId: GroupId): Promise<void> {
    const running = this.#running.get(groupId);
    if (running !== undefined) return running;
    const following = this.#follow(groupId).finally(() => this.#running.delete(groupId));
    this.#running.set(groupId, following);
    return following;
  }

  #note(groupIds: Iterable<GroupId>, delayMs: number): void {
    const { clock, exists } = this.#options;
    const due = clock.monotonicMs() + delayMs;
    for (const groupId of groupIds) if (exists(departmentConversationId(groupId))) this.#due.set(groupId, due);
  }

  async #lookAtDue(): Promise<void> {
    const { clock, logger } = this.#options;
    const now = clock.monotonicMs();
    for (const [groupId, due] of [...this.#due]) {
      if (due > now) continue;
      this.#due.delete(groupId);
      try {
        await this.follow(groupId);
      } catch (error) {
        this.#due.set(groupId, clock.monotonicMs() + againMs);
        if (!(error instanceof UCError)) logger.error('The members of a department could not be followed', { groupId, error });
      }
    }
  }

  async #follow(groupId: GroupId): Promise<void> {
    const { repository } = this.#options;
    const conversationId = departmentConversationId(groupId);
    for (let steps = 0; steps < mostSteps; steps++) {
      const wanted: Department | undefined = await repository.department(groupId);
      const present = await repository.conversation(conversationId);
      // What was written stays when its department is gone; nobody is in it any more.
      const target = wanted ?? { name: present?.title ?? '', version: 0, members: [] };
      if (wanted === undefined && present === undefined) return;
      const step = departmentStep(conversationId, target, present);
      if (step === undefined) return;
      const concerned = new Set([...(present?.members ?? []), ...target.members]);
      await this.#commit({ ...step, conversationId, body: JSON.stringify(step.body) }, [...concerned]);
    }
  }

  async #commit(step: Pick<NewEntry, 'conversationId' | 'entryId' | 'kind' | 'body'>, members: readonly UserId[]): Promise<void> {
    const { commit, clock } = this.#options;
    try {
      await commit({ ...step, author: systemAuthor, at: clock.wallMs() }, members);
    } catch (error) {
      // Another server has begun it in the same moment; the next look takes it as that server left it.
      if (!(error instanceof UCError && error.code === 'ID_CONFLICT')) throw error;
    }
  }
}
