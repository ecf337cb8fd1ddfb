import type { SessionId, UserId } from '#shared/ids.ts';
import type { Activity } from '#shared/protocol/session.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import { fragment } from './fragment.ts';
import type { Session } from './session.ts';

export type OpenedListener = (session: Session, firstOfUser: boolean) => void;
export type ClosedListener = (session: Session, lastOfUser: boolean) => void;
export type ActivityListener = (session: Session) => void;

const sweepEveryMs = 1_000;

/**
 * The sessions of the users whom this server owns, also attached ones. A session whose connection is lost stays for a while,
 * so that its device comes back without anybody noticing; one device has one session, the newer one replaces the older.
 */
export class SessionTable {
  readonly #clock: Clock;
  readonly #lostForMs: number;
  readonly #byId = new Map<SessionId, Session>();
  readonly #byUser = new Map<UserId, Session[]>();
  /** Lost sessions and when (monotonic ms) they are given up, in that order. */
  readonly #lost = new Map<SessionId, number>();
  readonly #opened: OpenedListener[] = [];
  readonly #closed: ClosedListener[] = [];
  readonly #activity: ActivityListener[] = [];
  #sweep: Timer | undefined;

  /** @param lostForMs How long a session waits for its lost connection. */
  constructor({ clock, lostForMs }: { readonly clock: Clock; readonly lostForMs: number }) {
    this.#clock = clock;
    this.#lostForMs = lostForMs;
  }

  get size(): number {
    return this.#byId.size;
  }

  get userCount(): number {
    return this.#byUser.size;
  }

  get(id: SessionId): Session | undefined {
    return this.#byId.get(id);
  }

  /** The user's sessions as they are now; sessions may be added and ended while these are walked. */
  ofUser(userId: UserId): Iterable<Session> {
    return this.#byUser.get(userId) ?? [];
  }

  has(userId: UserId): boolean {
    return this.#byUser.has(userId);
  }

  users(): Iterable<UserId> {
    return this.#byUser.keys();
  }

  all(): Iterable<Session> {
    return this.#byId.values();
  }

  /** Whether the session's connection is lost and it waits for its device. */
  isLost(id: SessionId): boolean {
    return this.#lost.has(id);
  }

  /** Adds a session; an earlier one of the same device is replaced without the user being gone in between. */
  add(session: Session): void {
    const sessions = this.#byUser.get(session.userId);
    const before = sessions?.find(({ device }) => device.id === session.device.id);
    this.#byId.set(session.id, session);
    if (sessions) this.#byUser.set(session.userId, [...sessions, session]);
    else this.#byUser.set(session.userId, [session]);
    for (const listener of this.#opened) listener(session, sessions === undefined);
    before?.end('replaced', fragment('session.ended', { reason: 'replaced' }));
  }

  /** Takes a session out at once. Does nothing for one that is not in. */
  remove(id: SessionId): void {
    const session = this.#byId.get(id);
    if (!session) return;
    this.#byId.delete(id);
    this.#lost.delete(id);
    const left = (this.#byUser.get(session.userId) ?? []).filter((each) => each !== session);
    if (left.length > 0) this.#byUser.set(session.userId, left);
    else this.#byUser.delete(session.userId);
    for (const listener of this.#closed) listener(session, left.length === 0);
  }

  /** The session's connection is gone; the session is given up unless its device comes back in time. */
  lose(id: SessionId): void {
    if (this.#byId.has(id)) this.#lost.set(id, this.#clock.monotonicMs() + this.#lostForMs);
  }

  /** What a client said about its person; listeners hear only of a change of `activity`. */
  setActivity(session: Session, activity: Activity, unsentText: boolean): void {
    session.unsentText = unsentText;
    if (session.activity === activity) return;
    session.activity = activity;
    for (const listener of this.#activity) listener(session);
  }

  onOpened(listener: OpenedListener): void {
    this.#opened.push(listener);
  }

  onClosed(listener: ClosedListener): void {
    this.#closed.push(listener);
  }

  onActivity(listener: ActivityListener): void {
    this.#activity.push(listener);
  }

  /** Begins to give up lost sessions and to end those whose token has ended. */
  start(): void {
    this.#sweep ??= this.#clock.every(sweepEveryMs, () => this.#sweepOnce());
  }

  stop(): void {
    this.#sweep?.stop();
    this.#sweep = undefined;
  }

  #sweepOnce(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, untilMs] of this.#lost) {
      if (untilMs > nowMs) break;
      this.remove(id);
    }
    const wallMs = this.#clock.wallMs();
    for (const session of this.#byId.values()) {
      if (session.tokenEndsAt <= wallMs) session.end('notSignedIn', fragment('session.ended', { reason: 'tokenEnded' }));
    }
  }
}
