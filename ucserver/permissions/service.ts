import type { GroupId, UserId } from '#shared/ids.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import { grantSchema, type PermissionLevel, type Right } from '#shared/protocol/permissions.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { effectiveLevel, mayDo } from '#ucserver/auth/permissions.ts';
import { type Database, type Replica, replicaParts, StatementError } from '#ucserver/database/index.ts';
import type { Directory } from '#ucserver/directory/index.ts';
import type { Settings } from '#ucserver/settings/index.ts';
import { type GrantRow, grantChange, permissionProcedures } from './repository.ts';
import { companyDefaultSetting } from './settings.ts';

type Grants = Result<'permissions.get'>['grants'];

/** The grants of one person, so that the level of a watcher is found without looking at all of them. */
interface GrantsMade {
  readonly users: ReadonlyMap<string, PermissionLevel>;
  readonly groups: ReadonlyMap<string, PermissionLevel>;
}

const mostGrants = 1_000;

export interface PermissionsOptions {
  readonly database: Database;
  readonly replica: Replica;
  readonly directory: Directory;
  readonly settings: Settings;
  readonly clock: Clock;
}

/** Who has which level with whom: decided from memory, the same on all servers within a second of a change. */
export class Permissions {
  readonly #options: PermissionsOptions;
  readonly #made = new Map<string, GrantsMade>();
  readonly #levelsListeners = new Set<(presentity: UserId | undefined) => void>();
  readonly #grantsListeners = new Set<(userId: UserId | undefined) => void>();
  #companyDefault: PermissionLevel;

  constructor(options: PermissionsOptions) {
    this.#options = options;
    const { replica, directory, settings } = options;
    this.#companyDefault = settings.get(companyDefaultSetting);
    this.#take([...replica.items(replicaParts.grants).keys()]);
    replica.onChange(replicaParts.grants, (ids) => {
      this.#take(ids);
      for (const id of ids) this.#tell(id as UserId);
    });
    settings.onChange((keys) => {
      if (!keys.includes(companyDefaultSetting.key)) return;
      this.#companyDefault = settings.get(companyDefaultSetting);
      this.#tell(undefined);
    });
    // Who joined or left a group has another level with everybody who granted that group something.
    directory.groups.onChange(() => {
      for (const [grantor, { groups }] of this.#made) if (groups.size > 0) this.#tellLevels(grantor as UserId);
    });
  }

  /** The level of a watcher with a presentity. Everybody has the highest with themselves. */
  levelOf(presentity: UserId, watcher: UserId): PermissionLevel {
    if (presentity === watcher) return 'personal';
    const made = this.#made.get(presentity);
    if (!made) return this.#companyDefault;
    return effectiveLevel({
      personal: made.users.get(watcher),
      groups: made.groups.size === 0 ? [] : this.#groupLevels(made, watcher),
      companyDefault: this.#companyDefault,
    });
  }

  /** Whether somebody may do this to another person. */
  may(actor: UserId, right: Right, presentity: UserId): boolean {
    return mayDo(this.levelOf(presentity, actor), right);
  }

  /** @throws UCError FORBIDDEN */
  demand(actor: UserId, right: Right, presentity: UserId): void {
    if (!this.may(actor, right, presentity)) throw new UCError('FORBIDDEN');
  }

  /** The grants a person has made, and what everybody has without. */
  get(userId: UserId): Result<'permissions.get'> {
    const rows = this.#options.replica.items(replicaParts.grants).get(userId) ?? [];
    return { companyDefault: this.#companyDefault, grants: rows.flatMap(toGrant) };
  }

  /**
   * Grants a level, or takes the grant back; answers when it is in force on this server.
   * @throws UCError NOT_FOUND, BAD_REQUEST (a grant to oneself), TOO_LARGE, STORAGE_UNAVAILABLE
   */
  async grant(grantor: UserId, { actId, to, level }: Params<'permissions.grant'>): Promise<void> {
    const { database, replica, clock, directory } = this.#options;
    if (to.kind === 'user' && to.userId === grantor) {
      throw new UCError('BAD_REQUEST', 'One needs no grant from oneself.', { field: 'params.to.userId' });
    }
    // A grant to somebody who is gone can still be taken back.
    if (level !== null && to.kind === 'user' && !directory.byId(to.userId))
      throw new UCError('NOT_FOUND', undefined, { field: 'params.to.userId' });
    if (level !== null && to.kind === 'group' && !directory.groups.byId(to.groupId)) {
      throw new UCError('NOT_FOUND', undefined, { field: 'params.to.groupId' });
    }
    const change = grantChange(grantor, { actId, to, level, at: clock.wallMs() }, mostGrants);
    try {
      await database.run(permissionProcedures.grant, change);
    } catch (error) {
      // The same act or grant at once on two servers: the second try finds what the other did.
      if (!(error instanceof StatementError && error.kind === 'duplicate')) throw error;
      await database.run(permissionProcedures.grant, change);
    }
    await replica.refresh();
  }

  /** Levels with this person (`undefined`: with everybody) may be others now. */
  onLevelsChanged(listener: (presentity: UserId | undefined) => void): Unsubscribe {
    this.#levelsListeners.add(listener);
    return () => void this.#levelsListeners.delete(listener);
  }

  /** What {@link get} answers for this person (`undefined`: for everybody) has changed. */
  onGrantsChanged(listener: (userId: UserId | undefined) => void): Unsubscribe {
    this.#grantsListeners.add(listener);
    return () => void this.#grantsListeners.delete(listener);
  }

  *#groupLevels({ groups }: GrantsMade, watcher: UserId): Generator<PermissionLevel> {
    const memberOf = this.#options.directory.groups.groupsOf(watcher);
    for (const [groupId, level] of groups) if (memberOf.has(groupId as GroupId)) yield level;
  }

  #take(ids: readonly string[]): void {
    const rows = this.#options.replica.items(replicaParts.grants);
    for (const id of ids) {
      const grants = (rows.get(id) ?? []).flatMap(toGrant);
      if (grants.length === 0) this.#made.delete(id);
      else this.#made.set(id, arrange(grants));
    }
  }

  #tell(userId: UserId | undefined): void {
    this.#tellLevels(userId);
    for (const listener of [...this.#grantsListeners]) listener(userId);
  }

  #tellLevels(presentity: UserId | undefined): void {
    for (const listener of [...this.#levelsListeners]) listener(presentity);
  }
}

function arrange(grants: Grants): GrantsMade {
  const users = new Map<string, PermissionLevel>();
  const groups = new Map<string, PermissionLevel>();
  for (const { to, level } of grants) {
    if (to.kind === 'user') users.set(to.userId, level);
    else groups.set(to.groupId, level);
  }
  return { users, groups };
}

/** Rows of a newer version with a kind or level this one does not know are left out. */
function toGrant({ grantee_kind, grantee_id, level }: GrantRow): Grants {
  const to = grantee_kind === 'user' ? { kind: 'user', userId: grantee_id } : { kind: 'group', groupId: grantee_id };
  if (grantee_kind === 'everyone') return [];
  const grant = grantSchema.safeParse({ to, level });
  return grant.success ? [grant.data] : [];
}
