import { type Incarnation, incarnationId, type UserId } from '#shared/ids.ts';
import { type PresenceVariant, presenceRead } from '#shared/mesh/contracts/presence.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Presence, PresenceVersion } from '#shared/protocol/presence.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { levelRank } from '#ucserver/auth/permissions.ts';
import { type Fragment, fragment, type Session, type SessionTable } from '#ucserver/gateway/index.ts';
import { type Ownership, sameIncarnation } from '#ucserver/ownership/index.ts';
import type { Permissions } from '#ucserver/permissions/index.ts';
import { type PresenceDocument, presenceIn, type Variant } from './document.ts';
import type { OwnedUsers } from './owned-users.ts';
import type { Registrar, RegistrationAnswer } from './registrar.ts';
import type { UnownedUsers } from './unowned.ts';
import type { WatchBook } from './watch-book.ts';
import type { WatchedUser } from './watched-user.ts';

export interface WatchingOptions {
  readonly mesh: Mesh;
  readonly clock: Clock;
  readonly sessions: SessionTable;
  readonly ownership: Ownership;
  readonly permissions: Permissions;
  readonly book: WatchBook;
  readonly owned: OwnedUsers;
  readonly unowned: UnownedUsers;
  readonly registrar: Registrar;
  readonly nothingYet: PresenceVersion;
  /** Whether there is such a person. */
  readonly exists: (userId: UserId) => boolean;
  /** Whether this incarnation is heard, so that what it said last still holds. */
  readonly isHeard: (owner: Incarnation) => boolean;
}

/** A client waits no longer than this for owners that do not answer: then it is told what is known here, marked stale. */
const answerWithinMs = 1_000;

/** The watcher's side: what the sessions of this server watch, and what they are told. */
export class Watching {
  readonly #options: WatchingOptions;

  constructor(options: WatchingOptions) {
    this.#options = options;
  }

  /** Watches users for a session, and answers what they are: a {@link Presence} each, as JSON. Ids of nobody are left out. */
  async watch(session: Session, userIds: readonly UserId[]): Promise<string[]> {
    const { book, exists, ownership, nothingYet } = this.#options;
    const wanted: WatchedUser[] = [];
    const remote = new Map<string, { owner: Incarnation; watched: WatchedUser[] }>();
    for (const userId of new Set(userIds)) {
      if (!exists(userId)) continue;
      const watched = book.open(userId);
      wanted.push(watched);
      if (watched.rankOf(session) !== undefined) continue;
      const owner = ownership.owns(userId) ? undefined : (ownership.ownerOf(userId)?.incarnation ?? ownerInDoubt(watched));
      if (!owner) this.#placeHere(session, watched);
      else if (!this.#placeKnown(session, owner, watched)) addTo(remote, owner, watched);
    }
    if (remote.size > 0)
      await Promise.all([...remote.values()].map(({ owner, watched }) => this.#placeRemote(session, owner, watched)));
    // Who was let go of meanwhile is not seen any more.
    return wanted.map((watched) => watched.seenBy(session, nothingYet)).filter((presence) => presence !== undefined);
  }

  unwatch(session: Session, userIds: readonly UserId[]): void {
    const { book, clock, unowned } = this.#options;
    book.unwatch(session, userIds, clock.monotonicMs());
    for (const userId of userIds) if (!book.get(userId)) unowned.unfollow(userId);
  }

  /** What users are now, without watching them. */
  async get(session: Session, userIds: readonly UserId[]): Promise<Presence[]> {
    const { exists, book, ownership, nothingYet } = this.#options;
    const wanted = [...new Set(userIds)].filter(exists);
    const found = new Map<UserId, Presence>();
    const remote = new Map<string, { owner: Incarnation; watched: UserId[] }>();
    for (const userId of wanted) {
      const known = book.get(userId);
      const rank = known?.rankOf(session);
      const owner = ownership.owns(userId)
        ? undefined
        : (ownership.ownerOf(userId)?.incarnation ?? (known && ownerInDoubt(known)));
      const seen = known && rank !== undefined && known.variant(rank) ? known.seenBy(session, nothingYet) : undefined;
      if (seen !== undefined) found.set(userId, JSON.parse(seen) as Presence);
      else if (owner) addTo(remote, owner, userId);
      else found.set(userId, this.#seenHere(session.userId, userId));
    }
    await Promise.all([...remote.values()].map(({ owner, watched }) => this.#read(session.userId, owner, watched, found)));
    return wanted.flatMap((userId) => {
      const presence = found.get(userId);
      return presence ? [presence] : [];
    });
  }

  /** A user owned here has changed, or is owned here from now on. */
  tellHere(document: PresenceDocument): void {
    const watched = this.#options.book.get(document.whole.userId);
    if (!watched) return;
    this.#belongsHere(watched);
    watched.goneAtMs = undefined;
    watched.update(variantsOf(document, watched), false);
  }

  /**
   * Nobody owns the user (any more): works their presence out from the memory copy.
   * @param replace also if something newer was told: the copy is all there will be.
   */
  tellUnowned(watched: WatchedUser, replace: boolean): void {
    const { unowned } = this.#options;
    this.#belongsHere(watched);
    const document = unowned.document(watched.userId, watched.goneAtMs, replace ? watched.version : undefined);
    watched.update(variantsOf(document, watched), false);
    unowned.follow(watched.userId);
  }

  /** The owner has answered a registration. */
  answered(watched: WatchedUser, { ranks, watchers, variants }: RegistrationAnswer, owner: Incarnation): void {
    const { isHeard } = this.#options;
    const named = new Set(watchers);
    watched.registered ||= watched.watchers().every((watcher) => named.has(watcher));
    watched.goneAtMs = undefined;
    for (const [index, watcher] of watchers.entries()) this.#setRank(watched, watcher, ranks[index] ?? 0);
    watched.update(received(variants), !isHeard(owner));
  }

  /** The owner says that these watchers have another level now. */
  levelsChanged(watched: WatchedUser, levels: readonly (readonly [UserId, number])[]): void {
    for (const [watcher, rank] of levels) this.#setRank(watched, watcher, rank);
  }

  /** Decides the levels of this server's watchers here: of users owned here or by nobody. */
  reconsider(watched: WatchedUser): void {
    if (watched.owner) return;
    const { permissions } = this.#options;
    for (const session of watched.sessions()) {
      const rank = levelRank(permissions.levelOf(watched.userId, session.userId));
      if (watched.rankOf(session) !== rank) this.#move(session, watched, rank);
    }
  }

  #setRank(watched: WatchedUser, watcher: UserId, rank: number): void {
    const { sessions, book, clock } = this.#options;
    for (const session of sessions.ofUser(watcher)) if (watched.rankOf(session) !== undefined) this.#move(session, watched, rank);
    if (watched.isNamed(watcher)) book.keepName(watched, watcher, rank, clock.monotonicMs());
  }

  #move(session: Session, watched: WatchedUser, rank: number): void {
    if (!this.#options.book.place(session, watched, rank)) return;
    this.#fill(watched, rank);
    watched.tell(session);
    session.push(fragment('directory.changed', { userIds: [watched.userId] }));
  }

  #belongsHere(watched: WatchedUser): void {
    if (watched.owner === undefined) return;
    watched.owner = undefined;
    watched.registered = false;
    this.reconsider(watched);
  }

  #placeHere(session: Session, watched: WatchedUser): void {
    const { permissions, book, unowned, ownership } = this.#options;
    const rank = levelRank(permissions.levelOf(watched.userId, session.userId));
    this.#fill(watched, rank);
    book.place(session, watched, rank);
    if (!ownership.owns(watched.userId)) unowned.follow(watched.userId);
  }

  /** Of somebody who watched the user a moment ago, or does on another device, the level is known and kept up to date. */
  #placeKnown(session: Session, owner: Incarnation, watched: WatchedUser): boolean {
    const { book, isHeard } = this.#options;
    const rank = this.#rankOf(watched, session.userId);
    const isKept = watched.registered && sameIncarnation(watched.owner, owner) && isHeard(owner);
    if (!isKept || rank === undefined || !watched.variant(rank)) return false;
    book.place(session, watched, rank);
    return true;
  }

  /** The level the owner gave to a watcher. */
  #rankOf(watched: WatchedUser, watcher: UserId): number | undefined {
    const named = watched.nameRank(watcher);
    if (named !== undefined) return named;
    for (const session of this.#options.sessions.ofUser(watcher)) {
      const rank = watched.rankOf(session);
      if (rank !== undefined) return rank;
    }
    return undefined;
  }

  async #placeRemote(session: Session, owner: Incarnation, watched: readonly WatchedUser[]): Promise<void> {
    const { registrar, book, clock, permissions, sessions } = this.#options;
    for (const each of watched) {
      if (!each.owner || !sameIncarnation(each.owner, owner)) each.registered = false;
      each.owner = owner;
      book.keepName(each, session.userId, undefined, clock.monotonicMs());
    }
    const answered = await registrar.addWatcher(owner, watched, session.userId, answerWithinMs);
    if (sessions.get(session.id) !== session) return;
    for (const each of watched) {
      // While the owner cannot be asked, the level is the one this server's copy of the grants gives.
      const rank = this.#rankOf(each, session.userId) ?? levelRank(permissions.levelOf(each.userId, session.userId));
      if (!answered) each.registered = false;
      if (!answered && !each.owner) this.#placeHere(session, each);
      else book.place(session, each, rank);
      book.dropName(each, session.userId);
      if (!answered && each.owner) each.update([], true);
    }
  }

  async #read(reader: UserId, owner: Incarnation, userIds: readonly UserId[], into: Map<UserId, Presence>): Promise<void> {
    const { mesh, permissions, nothingYet, isHeard } = this.#options;
    try {
      const params = { reader, userIds: [...userIds] };
      const { variants } = await mesh.request(owner.serverId, presenceRead, params, { deadlineMs: answerWithinMs });
      for (const { userId, text } of variants) {
        const presence = presenceIn({ text: text as Fragment });
        into.set(userId, isHeard(owner) ? presence : { ...presence, stale: true });
      }
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
    }
    for (const userId of userIds) {
      if (into.has(userId)) continue;
      into.set(userId, {
        userId,
        version: nothingYet,
        level: permissions.levelOf(userId, reader),
        state: 'unknown',
        stale: true,
      });
    }
  }

  #seenHere(reader: UserId, userId: UserId): Presence {
    const level = this.#options.permissions.levelOf(userId, reader);
    const variant = this.#document(userId)?.variant(levelRank(level));
    return variant ? presenceIn(variant) : { userId, version: this.#options.nothingYet, level, state: 'unknown', stale: true };
  }

  /** What a level sees of a user who is owned here or by nobody, if it was in use by nobody until now. */
  #fill(watched: WatchedUser, rank: number): void {
    if (watched.owner || watched.variant(rank)) return;
    const document = this.#document(watched.userId, watched);
    if (document) watched.fill(rank, document.variant(rank));
  }

  /** Of a user owned here (`undefined` while they are expected to arrive), or by nobody. */
  #document(userId: UserId, told?: WatchedUser): PresenceDocument | undefined {
    const { owned, unowned } = this.#options;
    const user = owned.get(userId);
    return user ? user.document() : unowned.document(userId, told?.goneAtMs, told?.version);
  }
}

/** The dead owner of a user who is still shown as they were last. */
function ownerInDoubt(watched: WatchedUser): Incarnation | undefined {
  return watched.goneAtMs === undefined ? undefined : watched.owner;
}

function variantsOf(document: PresenceDocument, watched: WatchedUser): (readonly [number, Variant])[] {
  return watched.ranksInUse().map((rank) => [rank, document.variant(rank)] as const);
}

/** Variants as they come from an owner. */
export function received(variants: readonly PresenceVariant[]): (readonly [number, Variant])[] {
  return variants.map(([rank, version, text]) => [rank, { version, text: text as Fragment }] as const);
}

function addTo<T>(groups: Map<string, { owner: Incarnation; watched: T[] }>, owner: Incarnation, item: T): void {
  const key = incarnationId(owner);
  const group = groups.get(key);
  if (group) group.watched.push(item);
  else groups.set(key, { owner, watched: [item] });
}
