import type { Incarnation, UserId } from '#shared/ids.ts';
import type { ActContract, ActParams, HandOver } from '#shared/mesh/contracts/ownership.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';

export type { HandOver } from '#shared/mesh/contracts/ownership.ts';

/** Who owns a user. */
export interface Owner {
  readonly incarnation: Incarnation;
  readonly term: number;
}

/** A user has another owner, or none (`undefined`), as far as this server knows. */
export interface OwnerChange {
  readonly userId: UserId;
  readonly owner: Owner | undefined;
  readonly previous: Owner | undefined;
}

/**
 * What a feature hands to the next owner of a user. `import` may be called more than once for a user, and with older knowledge
 * than is there already: it merges by the time things were set.
 */
export interface HandOverPart {
  /** JSON, or `undefined` when there is nothing to hand over. Called while the user is still owned. */
  export(userId: UserId): unknown;
  /**
   * Called while this server owns the user, for the first time just before `onTaken`.
   * @param part as exported by the other server, perhaps of another version: parse it tolerantly.
   */
  import(userId: UserId, part: unknown): void;
}

export interface ActContext {
  readonly userId: UserId;
  readonly correlationId: string | undefined;
}

/** Which server serves which user. All reading is from memory and goes on without Redis. */
export interface Ownership {
  readonly self: Incarnation;
  /** The owner as far as known here, also self; `undefined` when nobody owns the user or the owner is dead. */
  ownerOf(userId: UserId): Owner | undefined;
  owns(userId: UserId): boolean;
  /** The term under which this server owns the user. */
  termOf(userId: UserId): number | undefined;
  /** All users owned by this server. */
  owned(): Iterable<UserId>;
  /** Users owned by an incarnation as far as known here. */
  ownedBy(incarnation: Incarnation): Iterable<UserId>;
  /**
   * The version of the next change of a user, higher than all before.
   * @throws UCError NOT_OWNER when the user is not owned here: nothing may be written then, least of all "offline".
   */
  nextVersion(userId: UserId): PresenceVersion;
  /**
   * Makes this server the owner unless another living server is it. Goes on without Redis: then settled later, by version.
   * @param saw take even from this incarnation, which the caller found unreachable or willing.
   * @throws UCError SHUTTING_DOWN when this incarnation is buried.
   */
  take(userId: UserId, saw?: Incarnation): Promise<'taken' | { readonly ownedBy: Incarnation }>;
  /** Gives the user up; afterwards nobody owns them. Does nothing when the user is not owned here. */
  release(userId: UserId): Promise<void>;
  /**
   * Hands users over to a server that is ready to take them. Their `onLost` has been called when this resolves.
   * @returns those that were taken.
   */
  offer(userIds: readonly UserId[], to: Incarnation): Promise<readonly UserId[]>;
  /**
   * Asks the living owner to give the user up and takes it; at most once per user and minute.
   * @returns false when it refused, could not be asked or was asked before.
   */
  ask(userId: UserId): Promise<boolean>;
  /**
   * Says whether this server takes users that others offer; default: always. Users asked to go home or sent by a draining server.
   */
  acceptOffers(decide: () => boolean): void;
  /** An incarnation died; these users it owned are owned by nobody now (`onChange` was called for each). */
  onOwnerDied(listener: (users: readonly UserId[], owner: Incarnation) => void): Unsubscribe;
  /** The owner of any user changed in this server's map. */
  onChange(listener: (change: OwnerChange) => void): Unsubscribe;
  /**
   * This server has become owner; the parts of `handOver` were imported before. `previous` is the last owner known here: when
   * there is no hand-over, it may have left the user's state in Redis. Also called for a user who was owned here all the time
   * but under a version that is worth nothing any more (`previous` is `undefined` then): tell the watchers anew.
   */
  onTaken(listener: (userId: UserId, handOver: HandOver | undefined, previous: Incarnation | undefined) => void): Unsubscribe;
  /** This server is no longer owner; `to` is `undefined` after a release. Parts were exported before. Write nothing more. */
  onLost(listener: (userId: UserId, to: Incarnation | undefined) => void): Unsubscribe;
  /** Called before a release, while the user is still owned; the release waits for it (at most 2 s). */
  beforeRelease(listener: (userId: UserId) => void | Promise<void>): Unsubscribe;
  /** @throws Error when the name is taken. */
  addHandOver(name: string, part: HandOverPart): Unsubscribe;
  /**
   * Lets the owner do something to a user, wherever the user is; executed once per (actor, actId). A user without owner is
   * taken first, by the home server if it is up, else here.
   * @throws UCError what the handler threw; `OWNER_UNREACHABLE`: not executed; `OUTCOME_UNKNOWN`: repeat it with the same actId.
   */
  act<Params extends ActParams, Result>(
    userId: UserId,
    contract: ActContract<Params, Result>,
    params: Params,
    correlationId?: string,
  ): Promise<Result>;
  /** Executes acts of one kind on users owned here. @throws Error when the contract has a handler already. */
  handleAct<Params extends ActParams, Result>(
    contract: ActContract<Params, Result>,
    handler: (params: Params, context: ActContext) => Result | Promise<Result>,
  ): Unsubscribe;
}
