import { UCError } from '#shared/protocol/errors.ts';
import type { Client } from './client.ts';
import type { ClientTimer } from './clock.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { leaveOut, type Roster, takeIn } from './roster.ts';
import type { Presence, UserId } from './types.ts';

/** A request names at most this many users. */
const mostPerRequest = 500;
/** Wishes of this time travel together: a scrolled list asks for many at once. */
const gatherMs = 30;
/** A user who has left the view stays watched this long, because lists are scrolled back. */
const lingerMs = 30_000;
const againMs = 2_000;

/** Watches the presence of those somebody looks at, and does so anew in each session. */
export class PresenceWatch {
  readonly #client: Client;
  readonly #wanted = new Map<UserId, number>();
  /** Watched by the server in this session. */
  readonly #registered = new Set<UserId>();
  /** Known from an earlier session only. */
  readonly #old = new Set<UserId>();
  readonly #listeners = new Map<UserId, Emitter<void>>();
  readonly #off: Unsubscribe[];
  #roster: Roster = new Map();
  #session: string | undefined;
  #gathering: ClientTimer | undefined;
  #sweeping: ClientTimer | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#off = [client.on('presence.changed', (presence) => this.#take([presence])), client.onState(() => this.#renew())];
    this.#renew();
  }

  /** What the user is now; `undefined` until the server has said it. */
  of(userId: UserId): Presence | undefined {
    return this.#roster.get(userId);
  }

  /** Watches a user until unsubscribed; `listener` hears of each change. */
  watch(userId: UserId, listener: () => void): Unsubscribe {
    let emitter = this.#listeners.get(userId);
    if (!emitter) {
      emitter = new Emitter<void>();
      this.#listeners.set(userId, emitter);
    }
    const off = emitter.on(listener);
    this.#wanted.set(userId, (this.#wanted.get(userId) ?? 0) + 1);
    if (!this.#registered.has(userId)) this.#gather();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      off();
      this.#wanted.set(userId, (this.#wanted.get(userId) ?? 1) - 1);
      this.#sweeping ??= this.#client.clock.after(lingerMs, () => this.#sweep());
    };
  }

  /** Stops everything; the server is not told, because the session ends as well. */
  close(): void {
    for (const off of this.#off) off();
    this.#gathering?.stop();
    this.#sweeping?.stop();
  }

  #renew(): void {
    const { state } = this.#client;
    if (state.phase !== 'open' || state.welcome.sessionId === this.#session) return;
    this.#session = state.welcome.sessionId;
    this.#registered.clear();
    for (const userId of this.#roster.keys()) this.#old.add(userId);
    this.#gather();
  }

  #gather(): void {
    this.#gathering ??= this.#client.clock.after(gatherMs, () => {
      this.#gathering = undefined;
      this.#register();
    });
  }

  #register(): void {
    if (this.#client.state.phase !== 'open') return;
    const missing = [...this.#wanted]
      .filter(([userId, count]) => count > 0 && !this.#registered.has(userId))
      .map(([userId]) => userId);
    for (let from = 0; from < missing.length; from += mostPerRequest) void this.#ask(missing.slice(from, from + mostPerRequest));
  }

  async #ask(userIds: UserId[]): Promise<void> {
    const session = this.#session;
    for (const userId of userIds) this.#registered.add(userId);
    try {
      const { presences } = await this.#client.call('presence.watch', { userIds });
      this.#take(presences);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (session !== this.#session) return;
      for (const userId of userIds) this.#registered.delete(userId);
      this.#client.clock.after(againMs, () => this.#gather());
    }
  }

  #take(presences: readonly Presence[]): void {
    this.#roster = takeIn(this.#roster, presences, this.#old);
    for (const { userId } of presences) {
      this.#old.delete(userId);
      this.#listeners.get(userId)?.emit();
    }
  }

  #sweep(): void {
    this.#sweeping = undefined;
    const left = [...this.#wanted].filter(([, count]) => count === 0).map(([userId]) => userId);
    for (const userId of left) {
      this.#wanted.delete(userId);
      this.#listeners.delete(userId);
      this.#old.delete(userId);
    }
    this.#roster = leaveOut(this.#roster, left);
    const registered = left.filter((userId) => this.#registered.delete(userId));
    for (let from = 0; from < registered.length; from += mostPerRequest) {
      const userIds = registered.slice(from, from + mostPerRequest);
      // Unheard, it only costs the server some events.
      this.#client.call('presence.unwatch', { userIds }).catch(() => undefined);
    }
  }
}
