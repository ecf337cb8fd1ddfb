import { type Incarnation, incarnationId, type UserId } from '#shared/ids.ts';
import { type PresenceStateRecord, presenceStateSchema } from '#shared/mesh/contracts/presence.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { Claim } from './engine.ts';
import { type LastingPresence, OwnedUser } from './owned-user.ts';
import { Timeline } from './timeline.ts';

export interface OwnedUsersOptions {
  readonly clock: Clock;
  readonly sessions: SessionTable;
  readonly ownership: Ownership;
  /** What SQL knows of a user, from the memory copy. */
  readonly stored: (userId: UserId) => LastingPresence | undefined;
  /** What a dead owner left in Redis; never rejects. */
  readonly leftBy: (owner: Incarnation, userId: UserId) => Promise<PresenceStateRecord | undefined>;
  /** These users changed; called once all that follows at once from what has happened is done, however often they changed in it. */
  readonly onChanged: (users: ReadonlySet<OwnedUser>) => void;
  /** What must outlive the sessions has changed. */
  readonly onLasting: (user: OwnedUser) => void;
}

/** How long a user who was just taken may be without a session before they count as offline. */
const openingMs = 2_000;

/** The presence of all users this server owns, from their claims to the document. Only this writes it. */
export class OwnedUsers {
  readonly #options: OwnedUsersOptions;
  readonly #users = new Map<UserId, OwnedUser>();
  /** Handed over before the user was taken. */
  readonly #arrived = new Map<UserId, PresenceStateRecord[]>();
  readonly #loading = new Map<UserId, Promise<void>>();
  readonly #timeline: Timeline;
  readonly #stops: (() => void)[] = [];
  #changed = new Set<OwnedUser>();

  constructor(options: OwnedUsersOptions) {
    this.#options = options;
    this.#timeline = new Timeline(options.clock, (userId) => this.refresh(userId));
    const { sessions } = options;
    sessions.onOpened((session) => this.#sessionsChanged(session.userId));
    sessions.onActivity((session) => this.#sessionsChanged(session.userId));
    sessions.onClosed((session, lastOfUser) => this.#closed(session.userId, lastOfUser));
  }

  start(): void {
    const { ownership } = this.#options;
    this.#stops.push(
      ownership.onTaken((userId, handOver, previous) => this.#taken(userId, handOver?.presence !== undefined, previous)),
      ownership.onLost((userId) => this.#lost(userId)),
      ownership.addHandOver('presence', {
        export: (userId) => this.#users.get(userId)?.record(),
        import: (userId, part) => this.#import(userId, presenceStateSchema.parse(part)),
      }),
    );
    for (const userId of ownership.owned()) this.#taken(userId, false, undefined);
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#timeline.stop();
    this.#users.clear();
    this.#arrived.clear();
  }

  get(userId: UserId): OwnedUser | undefined {
    return this.#users.get(userId);
  }

  all(): Iterable<OwnedUser> {
    return this.#users.values();
  }

  /** Whether something else than sessions gives this user a state: a call, a desk phone, an appointment. */
  hasClaims(userId: UserId): boolean {
    return (this.#users.get(userId)?.claims.size ?? 0) > 0;
  }

  /** The user, with everything known of them loaded, for somebody who does something to them; then nobody is waited for. */
  async settled(userId: UserId): Promise<OwnedUser | undefined> {
    await this.#loading.get(userId);
    const user = this.#users.get(userId);
    if (user && !user.settled) this.#settle(user);
    return user;
  }

  /**
   * Merges the claims of a user anew. Watchers are told as soon as what is under way has run, so within this turn of the event loop:
   * what they are sent leaves at its end.
   * @returns the version, `undefined` when the user is not owned here or not settled.
   */
  refresh(userId: UserId): PresenceVersion | undefined {
    const user = this.#users.get(userId);
    const { ownership, clock } = this.#options;
    if (!user?.settled || !ownership.owns(userId)) return undefined;
    const merged = user.refresh(this.#sessionClaims(userId), ownership.nextVersion(userId), clock.wallMs());
    this.#timeline.set(userId, merged.nextChangeAt);
    if (this.#changed.size === 0) process.nextTick(() => this.#flush());
    this.#changed.add(user);
    return user.version;
  }

  /** Claims of a source on another server, or of this one; all that this source has. */
  setClaims(source: Incarnation, userId: UserId, claims: readonly Claim[], version: number): void {
    const user = this.#users.get(userId);
    if (!user) return;
    const key = incarnationId(source);
    if ((user.claims.get(key)?.version ?? -1) >= version) return;
    if (claims.length > 0) user.claims.set(key, { version, claims });
    else user.claims.delete(key);
    if (claims.length > 0 && !user.settled && !this.#loading.has(userId)) this.#settle(user);
    else this.refresh(userId);
  }

  /** A server has died: what it claimed is void. */
  dropClaims(source: Incarnation): void {
    const key = incarnationId(source);
    for (const user of this.#users.values()) if (user.claims.delete(key)) this.refresh(user.userId);
  }

  /** SQL knows more than this server did, for example because it had been away when the user was taken. */
  learnStored(userId: UserId): void {
    const user = this.#users.get(userId);
    const stored = this.#options.stored(userId);
    if (!user || !stored) return;
    user.adopt({ ...stored, manual: { ...stored.manual }, lastSeen: undefined });
    this.refresh(userId);
  }

  #taken(userId: UserId, handedOver: boolean, previous: Incarnation | undefined): void {
    const known = this.#users.get(userId);
    if (known) {
      this.refresh(userId);
      return;
    }
    const user = new OwnedUser(userId);
    this.#users.set(userId, user);
    const loading = this.#load(user, handedOver ? undefined : previous).then(() => {
      if (this.#loading.get(userId) === loading) this.#loading.delete(userId);
      if (this.#users.get(userId) === user) this.#expect(user);
    });
    this.#loading.set(userId, loading);
  }

  async #load(user: OwnedUser, left: Incarnation | undefined): Promise<void> {
    const { stored, leftBy, ownership } = this.#options;
    const { self } = ownership;
    const mine = left?.serverId === self.serverId && left.life === self.life;
    const record = left === undefined || mine ? undefined : await leftBy(left, user.userId);
    for (const arrived of this.#arrived.get(user.userId) ?? []) user.adopt(arrived);
    this.#arrived.delete(user.userId);
    if (record) user.adopt(record);
    const row = stored(user.userId);
    if (row) user.adopt({ ...row, manual: { ...row.manual } });
  }

  /** Waits for the first session: who has only moved must not be seen as offline in between. */
  #expect(user: OwnedUser): void {
    const { sessions, clock } = this.#options;
    if (sessions.has(user.userId) || user.claims.size > 0) {
      this.#settle(user);
      return;
    }
    clock.after(openingMs, () => {
      if (this.#users.get(user.userId) === user && !user.settled) this.#settle(user);
    });
  }

  #settle(user: OwnedUser): void {
    user.settled = true;
    this.refresh(user.userId);
    // From their first time on everybody has a row, in which it can be noted when they were last seen.
    if (!this.#options.stored(user.userId)) this.#options.onLasting(user);
  }

  #import(userId: UserId, record: PresenceStateRecord): void {
    const user = this.#users.get(userId);
    if (user && !this.#loading.has(userId)) {
      user.adopt(record);
      this.refresh(userId);
      this.#options.onLasting(user);
      return;
    }
    const arrived = this.#arrived.get(userId) ?? [];
    this.#arrived.set(userId, [...arrived, record].slice(-4));
  }

  #lost(userId: UserId): void {
    const user = this.#users.get(userId);
    if (!user) return;
    this.#users.delete(userId);
    this.#loading.delete(userId);
    this.#changed.delete(user);
    this.#timeline.set(userId, undefined);
  }

  #sessionsChanged(userId: UserId): void {
    const user = this.#users.get(userId);
    if (user && !user.settled && !this.#loading.has(userId)) this.#settle(user);
    else this.refresh(userId);
  }

  #closed(userId: UserId, lastOfUser: boolean): void {
    const user = this.#users.get(userId);
    if (!user) return;
    if (lastOfUser) user.leave(this.#options.clock.wallMs());
    this.refresh(userId);
    if (lastOfUser) this.#options.onLasting(user);
  }

  #sessionClaims(userId: UserId): Claim[] {
    const claims: Claim[] = [];
    for (const { activity, device, capabilities } of this.#options.sessions.ofUser(userId)) {
      claims.push({ kind: 'session', activity, device: device.kind, capabilities });
    }
    return claims;
  }

  #flush(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    if (changed.size > 0) this.#options.onChanged(changed);
  }
}
