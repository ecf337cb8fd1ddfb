import type { ServerId, UserId } from '#shared/ids.ts';
import type { ToldHead } from '#shared/mesh/contracts/chat.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { SessionTable } from '#ucserver/gateway/index.ts';
import type { ConversationMembers } from './conversation-members.ts';
import type { Delivery } from './delivery.ts';
import type { Generation } from './generation.ts';
import type { ChatRepository, StoredHead } from './repository.ts';

/** After a sign-in and after the bus is back, this is how long events still under way are waited for before heads are read. */
export const readAgainAfterMs = 3_000;
/** People who sign in within this time are looked after together. */
const gatherMs = 250;
const pollEveryMs = 1_000;
const usersAtOnce = 50;
/** Clocks of servers may differ by this much. */
const clockToleranceMs = 60_000;

export interface HeadsOptions {
  readonly repository: Pick<ChatRepository, 'heads'>;
  readonly delivery: Delivery;
  readonly generation: Generation;
  readonly members: ConversationMembers;
  readonly sessions: Pick<SessionTable, 'ofUser' | 'users' | 'has'>;
  /** Whether other servers may have committed something they could not tell us. */
  readonly isCutOff: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Finds entries that nobody told us of, by reading how far the conversations of our people have got: some time after a
 * sign-in and after the bus is back, and all the time while servers cannot hear each other.
 */
export class Heads {
  readonly #options: HeadsOptions;
  readonly #timers = new Set<Timer>();
  #gathering: Set<UserId> | undefined;
  #polling = false;
  #isStopped = false;

  constructor(options: HeadsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timers.add(this.#options.clock.every(pollEveryMs, () => void this.#poll()));
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) timer.stop();
    this.#timers.clear();
  }

  signedIn(userId: UserId): void {
    if (this.#gathering === undefined) {
      const users = new Set<UserId>();
      this.#gathering = users;
      this.#later(gatherMs, () => {
        this.#gathering = undefined;
      });
      this.#later(readAgainAfterMs + gatherMs, () => void this.check(users));
    }
    this.#gathering.add(userId);
  }

  busIsBack(): void {
    this.#later(readAgainAfterMs, () => void this.check(this.#options.sessions.users()));
  }

  /** What another server knows, after we may have missed its events. */
  told({ conversationId, members, seq, at }: ToldHead, from: ServerId): void {
    const { delivery, sessions } = this.#options;
    if (delivery.learn(conversationId, seq, from)) return;
    const here = members.filter((userId) => sessions.has(userId));
    if (here.some((userId) => at >= this.#toldSince(userId))) delivery.tellHead(conversationId, here, seq);
  }

  /** Reads the heads of these people's conversations and sees to it that they are told what is new. Never rejects. */
  async check(users: Iterable<UserId>): Promise<void> {
    await this.#forEach(users, (head) => this.#compare(head));
  }

  /** After a restore everybody reads everything anew; those whom SQL does not let us tell now, later. Never rejects. */
  async tellAll(users: Iterable<UserId> = this.#options.sessions.users()): Promise<void> {
    const { delivery } = this.#options;
    const untold = await this.#forEach(users, ({ userId, conversationId, lastSeq }) => {
      delivery.tellHead(conversationId, [userId], lastSeq);
    });
    // Nothing else would tell them: what their clients hold seems to be up to date.
    if (untold.length > 0) this.#later(pollEveryMs, () => void this.tellAll(untold));
  }

  async #poll(): Promise<void> {
    if (this.#polling || !this.#options.isCutOff()) return;
    this.#polling = true;
    await this.check(this.#options.sessions.users());
    this.#polling = false;
  }

  async #compare({ userId, conversationId, lastSeq, lastAt }: StoredHead): Promise<void> {
    const { delivery, generation, members } = this.#options;
    const known = delivery.headOf(conversationId);
    if (known === undefined) {
      if (lastAt < this.#toldSince(userId)) return;
      const everybody = members.known(conversationId) ?? [userId];
      delivery.tellHead(conversationId, everybody, lastSeq);
    } else if (lastSeq > known) delivery.learn(conversationId, lastSeq);
    // It may only have grown while this was read; a closer look decides.
    else if (lastSeq < known) await generation.doubt(conversationId, known);
  }

  /** What was accepted before this moment the user's clients have read when they opened (wall time, ms). */
  #toldSince(userId: UserId): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { openedAt } of this.#options.sessions.ofUser(userId)) oldest = Math.min(oldest, openedAt);
    return oldest - clockToleranceMs;
  }

  /** @returns those whose heads could not be read because SQL is away */
  async #forEach(users: Iterable<UserId>, act: (head: StoredHead) => void | Promise<void>): Promise<UserId[]> {
    const { repository, sessions, generation, logger } = this.#options;
    const waiting = [...users].filter((userId) => sessions.has(userId));
    try {
      if (waiting.length > 0) await generation.read();
      while (waiting.length > 0) {
        const some = waiting.slice(0, usersAtOnce);
        for await (const page of repository.heads(some)) for (const head of page) await act(head);
        waiting.splice(0, usersAtOnce);
      }
      return [];
    } catch (error) {
      // While SQL is away nothing can be stored either, and the next poll, sign-in or re-sync looks again.
      if (error instanceof UCError) return waiting;
      logger.error('The heads of conversations could not be read', { error });
      return [];
    }
  }

  #later(delayMs: number, act: () => void): void {
    if (this.#isStopped) return;
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
  }
}
