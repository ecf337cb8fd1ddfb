import type { DeviceId, ServerId, UserId } from '#shared/ids.ts';
import type { Account } from '#shared/protocol/account.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Authenticator, Passwords } from '#ucserver/auth/index.ts';
import type { Session, SessionTable } from '#ucserver/gateway/index.ts';
import type { Directory, User } from '../directory/index.ts';
import type { SignedInDevices } from './repository.ts';

export interface AccountServiceOptions {
  readonly directory: Directory;
  readonly authenticator: Authenticator;
  readonly passwords: Passwords;
  readonly sessions: SessionTable;
  readonly devices: SignedInDevices;
  readonly self: ServerId;
}

type Device = Awaited<ReturnType<AccountService['devices']>>[number];

/** What people may do with their own account. */
export class AccountService {
  readonly #options: AccountServiceOptions;

  constructor(options: AccountServiceOptions) {
    this.#options = options;
  }

  /** @throws UCError `NOT_FOUND` when the user was removed meanwhile. */
  get(userId: UserId): Account {
    return toAccount(this.#user(userId));
  }

  /** @throws UCError `STORAGE_UNAVAILABLE`. */
  async update(
    userId: UserId,
    patch: { language?: 'en' | 'de' | null | undefined; timeZone?: string | null | undefined },
  ): Promise<Account> {
    const { language, timeZone } = patch;
    const wanted = { ...(language === undefined ? {} : { language }), ...(timeZone === undefined ? {} : { timeZone }) };
    return toAccount(await this.#options.directory.updateUser(userId, wanted, { actor: userId }));
  }

  /**
   * Changes the password and signs all other devices out.
   * @throws UCError `BAD_REQUEST` naming `params.current` when that is wrong, `RATE_LIMITED`, `BUSY`, `STORAGE_UNAVAILABLE`.
   */
  async changePassword(userId: UserId, deviceId: DeviceId, { current, next }: { current: string; next: string }): Promise<void> {
    const { authenticator, passwords, directory } = this.#options;
    if (!(await authenticator.provePassword(userId, current))) {
      throw new UCError('BAD_REQUEST', 'This is not your present password.', { field: 'params.current' });
    }
    await directory.setPasswordHash(userId, await passwords.hash(next), { actor: userId }, false);
    await authenticator.signOut(userId, this.#others(userId, deviceId));
  }

  /** The devices this user is signed in on, the one used last first. */
  async devices(userId: UserId, current: DeviceId) {
    const { devices, sessions, self } = this.#options;
    const connected = new Map<DeviceId, Session>();
    for (const session of sessions.ofUser(userId)) if (!sessions.isLost(session.id)) connected.set(session.device.id, session);
    const stored = await devices.of(userId);
    const known = new Set(stored.map(({ deviceId }) => deviceId));
    // One whose sign-in is not stored yet, because SQL is away.
    const unstored = [...connected.values()].filter(({ device }) => !known.has(device.id)).map(sessionAsDevice);
    return [...stored, ...unstored].map((device) => {
      const session = connected.get(device.deviceId);
      const serverId = session && (session.via?.serverId ?? self);
      return { ...device, ...(serverId === undefined ? {} : { serverId }), current: device.deviceId === current };
    });
  }

  /** Signs one device out, or all but the current one. @returns how many. */
  async signOut(userId: UserId, current: DeviceId, deviceId?: DeviceId): Promise<number> {
    const others = this.#others(userId, current);
    const which = deviceId === undefined ? others : [...others, current].filter((each) => each === deviceId);
    if (deviceId !== undefined && which.length === 0) throw new UCError('NOT_FOUND', undefined, { field: 'params.deviceId' });
    await this.#options.authenticator.signOut(userId, which);
    return which.length;
  }

  #others(userId: UserId, current: DeviceId): DeviceId[] {
    const { devices, sessions } = this.#options;
    const all = new Set(devices.idsOf(userId));
    for (const { device } of sessions.ofUser(userId)) all.add(device.id);
    all.delete(current);
    return [...all];
  }

  #user(userId: UserId): User {
    const user = this.#options.directory.byId(userId);
    if (!user) throw new UCError('NOT_FOUND');
    return user;
  }
}

export type { Device };

/** A user as they see themselves. */
export function toAccount(user: User): Account {
  return {
    userId: user.id,
    signIn: user.signIn,
    name: user.displayName,
    email: user.email,
    administrator: user.administrator,
    homeServer: user.homeServer ?? null,
    language: user.language === 'en' || user.language === 'de' ? user.language : null,
    timeZone: user.timeZone ?? null,
    pictureVersion: user.pictureVersion,
  };
}

function sessionAsDevice({ device, openedAt }: Session) {
  return { deviceId: device.id, kind: device.kind, name: device.name, signedInAt: openedAt, lastUsedAt: openedAt };
}
