import { CompactSet } from '#shared/compact-set.ts';
import type { Incarnation, UserId } from '#shared/ids.ts';
import { permissionLevels } from '#shared/protocol/permissions.ts';
import type { Presence } from '#shared/protocol/presence.ts';
import type { Fragment, Session } from '#ucserver/gateway/index.ts';
import { asStale, emptyRanks, levelAt, presenceIn, presenceText, type Variant } from './document.ts';
import { compareVersions, laterVersion } from './versions.ts';

/** A watcher who is registered with the owner although (or before) a session of theirs stands in a slot. */
interface Extra {
  /** `undefined`: the owner has not decided yet. */
  rank: number | undefined;
  sinceMs: number;
}

/**
 * One person as the sessions of this server watch them: the sessions by level, and what each level sees. Tens of thousands of
 * these exist, so they are bare of everything that is rarely needed.
 */
export class WatchedUser {
  readonly userId: UserId;
  /** The owner with whom this server is, or tries to be, registered; `undefined`: owned here or by nobody. */
  owner: Incarnation | undefined;
  /** The owner knows all our watchers, as far as we know. */
  registered = false;
  /** When (wall ms) the owner was found dead, until there is another one. */
  goneAtMs: number | undefined;
  #stale = false;
  readonly #slots = emptyRanks<CompactSet<Session>>();
  readonly #variants = emptyRanks<Variant>();
  #extras: Map<UserId, Extra> | undefined;

  constructor(userId: UserId) {
    this.userId = userId;
  }

  get stale(): boolean {
    return this.#stale;
  }

  get hasExtras(): boolean {
    return this.#extras !== undefined;
  }

  /** Whether anybody is, or was until lately, interested. */
  get isNeeded(): boolean {
    return this.hasExtras || this.#slots.some((sessions) => sessions !== undefined);
  }

  rankOf(session: Session): number | undefined {
    for (let rank = 0; rank < this.#slots.length; rank++) if (this.#slots[rank]?.has(session)) return rank;
    return undefined;
  }

  sessions(): Session[] {
    return this.#slots.flatMap((sessions) => sessions?.toArray() ?? []);
  }

  /** Puts a session under a level. @returns the rank it had. */
  place(session: Session, rank: number): number | undefined {
    const before = this.rankOf(session);
    if (before === rank) return before;
    if (before !== undefined) {
      this.remove(session);
      this.forgetUnusedVariants();
    }
    const sessions = this.#slots[rank];
    if (sessions) sessions.add(session);
    else this.#slots[rank] = new CompactSet(session);
    return before;
  }

  /** @returns the rank it had. */
  remove(session: Session): number | undefined {
    const rank = this.rankOf(session);
    if (rank === undefined) return undefined;
    const sessions = this.#slots[rank];
    sessions?.delete(session);
    if (sessions?.size === 0) this.#slots[rank] = undefined;
    return rank;
  }

  /** Names a watcher to the owner without, before or after a session of theirs. */
  keepName(watcher: UserId, rank: number | undefined, sinceMs: number): void {
    this.#extras ??= new Map();
    const known = this.#extras.get(watcher);
    if (known) Object.assign(known, { rank, sinceMs });
    else this.#extras.set(watcher, { rank, sinceMs });
  }

  /** A session of this watcher stands for them from now on. */
  dropName(watcher: UserId): void {
    const rank = this.nameRank(watcher);
    if (!this.#extras?.delete(watcher)) return;
    if (this.#extras.size === 0) this.#extras = undefined;
    if (rank !== undefined && !this.#slots[rank]) this.forgetUnusedVariants();
  }

  isNamed(watcher: UserId): boolean {
    return this.#extras?.has(watcher) ?? false;
  }

  /** The level the owner gave to a named watcher. */
  nameRank(watcher: UserId): number | undefined {
    return this.#extras?.get(watcher)?.rank;
  }

  /** Lets go of names kept since `untilMs` or longer. @returns those without a session, whom the owner may forget. */
  dropNames(untilMs: number): UserId[] {
    if (!this.#extras) return [];
    const due: UserId[] = [];
    for (const [watcher, { sinceMs }] of this.#extras) if (sinceMs <= untilMs) due.push(watcher);
    if (due.length === 0) return due;
    for (const watcher of due) this.#extras.delete(watcher);
    if (this.#extras.size === 0) this.#extras = undefined;
    this.forgetUnusedVariants();
    const present = new Set(this.sessions().map(({ userId }) => userId));
    return due.filter((watcher) => !present.has(watcher));
  }

  /** Lets go of what no level in use sees: it is not kept up to date. */
  forgetUnusedVariants(): void {
    const used = this.#usedRanks();
    this.#variants.forEach((_, rank) => {
      if (!(used & (1 << rank))) this.#variants[rank] = undefined;
    });
  }

  /** Everybody for whom the owner should know us to watch. */
  watchers(): UserId[] {
    const names = new Set(this.sessions().map(({ userId }) => userId));
    for (const watcher of this.#extras?.keys() ?? []) names.add(watcher);
    return [...names];
  }

  /** The ranks for which the owner tells us changes. */
  ranksInUse(): number[] {
    const used = this.#usedRanks();
    const ranks: number[] = [];
    for (let rank = 0; rank < permissionLevels.length; rank++) if (used & (1 << rank)) ranks.push(rank);
    return ranks;
  }

  variant(rank: number): Variant | undefined {
    return this.#variants[rank];
  }

  /** Takes what a level sees without telling anybody; for a level nobody had until now. Does nothing when something is known. */
  fill(rank: number, variant: Variant): void {
    this.#variants[rank] ??= variant;
  }

  /**
   * Takes what is said of the user and tells the sessions of each level for which something is different.
   * @param stale whether this is only the last that was known; by default as before.
   */
  update(variants: Iterable<readonly [rank: number, variant: Variant]>, stale = this.#stale): void {
    let changed = 0;
    for (const [rank, variant] of variants) if (this.#take(rank, variant)) changed |= 1 << rank;
    if (stale !== this.#stale) {
      this.#stale = stale;
      changed = -1;
    }
    for (let rank = 0; changed !== 0 && rank < this.#slots.length; rank++) {
      const variant = this.#variants[rank];
      if (variant && changed & (1 << rank)) this.#tell(rank, stale ? asStale(variant.text) : variant.text);
    }
  }

  /** The newest version known at any level. */
  get version(): Presence['version'] | undefined {
    let newest: Presence['version'] | undefined;
    for (const variant of this.#variants) if (variant) newest = laterVersion(newest, variant.version);
    return newest;
  }

  /** Whether some level sees somebody who is there. */
  looksPresent(): boolean {
    return this.#variants.some((variant) => variant && !['offline', 'unknown'].includes(presenceIn(variant).state));
  }

  /** Pushes what this session sees. */
  tell(session: Session): void {
    const rank = this.rankOf(session);
    const variant = rank === undefined ? undefined : this.#variants[rank];
    if (variant) session.push(this.#stale ? asStale(variant.text) : variant.text, this.userId);
  }

  /** The presence a session is answered, as JSON. Before anything is known of the user: unknown, and stale. */
  seenBy(session: Session, nothingYet: Presence['version']): string | undefined {
    const rank = this.rankOf(session);
    if (rank === undefined) return undefined;
    const variant = this.#variants[rank];
    if (variant) return presenceText(this.#stale ? asStale(variant.text) : variant.text);
    const unknown: Presence = { userId: this.userId, version: nothingYet, level: levelAt(rank), state: 'unknown', stale: true };
    return JSON.stringify(unknown);
  }

  /** @returns false when something as new was known. */
  #take(rank: number, variant: Variant): boolean {
    const known = this.#variants[rank];
    if (known) {
      const order = compareVersions(variant.version, known.version);
      if (order < 0 || (order === 0 && variant.text === known.text)) return false;
    }
    this.#variants[rank] = variant;
    return true;
  }

  #tell(rank: number, text: Fragment): void {
    this.#slots[rank]?.each((session) => session.push(text, this.userId));
  }

  /** One bit per rank that a session or a named watcher has. */
  #usedRanks(): number {
    let used = 0;
    for (let rank = 0; rank < this.#slots.length; rank++) if (this.#slots[rank]) used |= 1 << rank;
    for (const { rank } of this.#extras?.values() ?? []) if (rank !== undefined) used |= 1 << rank;
    return used;
  }
}
