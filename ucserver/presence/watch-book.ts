import type { UserId } from '#shared/ids.ts';
import type { Session } from '#ucserver/gateway/index.ts';
import { WatchedUser } from './watched-user.ts';

/** Who watches whom on this server. */
export class WatchBook {
  readonly #users = new Map<UserId, WatchedUser>();
  readonly #bySession = new Map<Session, WatchedUser[]>();
  /** Those that hold names without a session; looked at by {@link sweep}. */
  readonly #withExtras = new Set<WatchedUser>();

  get(userId: UserId): WatchedUser | undefined {
    return this.#users.get(userId);
  }

  all(): Iterable<WatchedUser> {
    return this.#users.values();
  }

  /** Watched users, and pairs of a session and a user; for metrics. */
  get size(): { readonly users: number; readonly watches: number } {
    let watches = 0;
    for (const list of this.#bySession.values()) watches += list.length;
    return { users: this.#users.size, watches };
  }

  /** The entry of a user, made when missing. */
  open(userId: UserId): WatchedUser {
    let watched = this.#users.get(userId);
    if (!watched) {
      watched = new WatchedUser(userId);
      this.#users.set(userId, watched);
    }
    return watched;
  }

  /** @returns whether the session was under another level or none. */
  place(session: Session, watched: WatchedUser, rank: number): boolean {
    const before = watched.place(session, rank);
    if (before !== undefined) return before !== rank;
    const list = this.#bySession.get(session);
    if (list) list.push(watched);
    else this.#bySession.set(session, [watched]);
    return true;
  }

  keepName(watched: WatchedUser, watcher: UserId, rank: number | undefined, nowMs: number): void {
    watched.keepName(watcher, rank, nowMs);
    this.#withExtras.add(watched);
  }

  /** A session of this watcher stands for them from now on. */
  dropName(watched: WatchedUser, watcher: UserId): void {
    watched.dropName(watcher);
    if (!watched.hasExtras) this.#withExtras.delete(watched);
  }

  /** Takes a session off users it watches; its person stays named for a while if the user is owned elsewhere. */
  unwatch(session: Session, userIds: readonly UserId[], nowMs: number): void {
    const left = new Set(userIds);
    const list = this.#bySession.get(session);
    if (!list) return;
    const kept = list.filter(({ userId }) => !left.has(userId));
    if (kept.length > 0) this.#bySession.set(session, kept);
    else this.#bySession.delete(session);
    for (const watched of list) if (left.has(watched.userId)) this.#leave(session, watched, nowMs);
  }

  /** The session is over. */
  forget(session: Session, nowMs: number): void {
    const list = this.#bySession.get(session) ?? [];
    this.#bySession.delete(session);
    for (const watched of list) this.#leave(session, watched, nowMs);
  }

  /** Lets go of names kept since `untilMs` or longer. @returns users with the watchers their owner may forget. */
  sweep(untilMs: number): { readonly watched: WatchedUser; readonly gone: readonly UserId[] }[] {
    const released: { watched: WatchedUser; gone: readonly UserId[] }[] = [];
    for (const watched of this.#withExtras) {
      const gone = watched.dropNames(untilMs);
      if (gone.length > 0) released.push({ watched, gone });
      if (!watched.hasExtras) this.#withExtras.delete(watched);
      this.#closeIfIdle(watched);
    }
    return released;
  }

  clear(): void {
    this.#users.clear();
    this.#bySession.clear();
    this.#withExtras.clear();
  }

  #leave(session: Session, watched: WatchedUser, nowMs: number): void {
    const rank = watched.remove(session);
    if (rank !== undefined && watched.owner !== undefined) this.keepName(watched, session.userId, rank, nowMs);
    watched.forgetUnusedVariants();
    this.#closeIfIdle(watched);
  }

  #closeIfIdle(watched: WatchedUser): void {
    if (!watched.isNeeded) this.#users.delete(watched.userId);
  }
}
