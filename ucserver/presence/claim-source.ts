import type { Incarnation, UserId } from '#shared/ids.ts';
import { presenceClaims } from '#shared/mesh/contracts/presence.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { AfterCallWorkClaim, AppointmentClaim, CallClaim, PhoneClaim } from './engine.ts';
import type { OwnedUsers } from './owned-users.ts';

/** A reason for a state that does not come from a session. */
export type SourcedClaim = CallClaim | PhoneClaim | AppointmentClaim | AfterCallWorkClaim;

/** Stays when its last claim is withdrawn: the owner may have to be told so once more. */
interface Sourced {
  readonly claims: Map<string, SourcedClaim>;
  version: number;
}

export interface ClaimSourceOptions {
  readonly mesh: Mesh;
  readonly ownership: Ownership;
  readonly owned: OwnedUsers;
  readonly logger: Logger;
}

/**
 * The claims that have their source on this server (a call, a desk phone registered here, a calendar): kept here, told to the
 * owner of their user, told anew whenever that changes. A user whom nobody owns is taken by the source.
 */
export class ClaimSource {
  readonly #options: ClaimSourceOptions;
  readonly #byUser = new Map<UserId, Sourced>();
  readonly #stops: (() => void)[] = [];
  #version = 0;

  constructor(options: ClaimSourceOptions) {
    this.#options = options;
  }

  start(): void {
    const { mesh, ownership, owned } = this.#options;
    this.#stops.push(
      mesh.on(presenceClaims, ({ users }, from) => {
        for (const { userId, claims, version } of users) {
          const sourced = claims.map(({ claim }) => claim);
          owned.setClaims(from, userId, sourced, version);
        }
      }),
      ownership.onChange(({ userId }) => this.#tell(userId)),
      ownership.onTaken((userId) => this.#tell(userId)),
      mesh.onSynced((peer) => this.#tellAll(peer)),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Makes a claim, or replaces the one of the same id. */
  claim(userId: UserId, claimId: string, claim: SourcedClaim): void {
    let sourced = this.#byUser.get(userId);
    if (!sourced) {
      sourced = { claims: new Map(), version: 0 };
      this.#byUser.set(userId, sourced);
    }
    sourced.claims.set(claimId, claim);
    sourced.version = ++this.#version;
    this.#tell(userId);
  }

  /** The reason is gone. Does nothing when there is no such claim. */
  withdraw(userId: UserId, claimId: string): void {
    const sourced = this.#byUser.get(userId);
    if (!sourced?.claims.delete(claimId)) return;
    sourced.version = ++this.#version;
    this.#tell(userId);
  }

  #tell(userId: UserId): void {
    const sourced = this.#byUser.get(userId);
    if (!sourced) return;
    const { ownership, mesh, owned, logger } = this.#options;
    const owner = ownership.ownerOf(userId)?.incarnation;
    if (ownership.owns(userId)) {
      owned.setClaims(ownership.self, userId, [...sourced.claims.values()], sourced.version);
    } else if (owner) {
      mesh.send(owner.serverId, presenceClaims, { users: [named(userId, sourced)] });
    } else if (sourced.claims.size > 0) {
      ownership.take(userId).catch((error: unknown) => logger.warn('A user with claims was not taken', { userId, error }));
    }
  }

  /** Something may have been lost on the way to this peer. */
  #tellAll({ serverId }: Incarnation): void {
    const { ownership, mesh } = this.#options;
    const users = [...this.#byUser].filter(([userId]) => ownership.ownerOf(userId)?.incarnation.serverId === serverId);
    if (users.length > 0)
      mesh.send(serverId, presenceClaims, { users: users.map(([userId, sourced]) => named(userId, sourced)) });
  }
}

function named(userId: UserId, { claims, version }: Sourced) {
  return { userId, claims: Array.from(claims, ([claimId, claim]) => ({ claimId, claim })), version };
}
