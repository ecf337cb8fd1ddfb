import type { DeviceId, ServerId, SessionId, UserId } from '#shared/ids.ts';
import type { Account } from '#shared/protocol/account.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Authenticator, Passwords } from '#ucserver/auth/index.ts';
import { fragment, type Session, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Directory, User } from '../directory/index.ts';
import type { SignedInDevices } from './repository.ts';

export interface AccountServiceOptions {
  readonly directory: Directory;
  readonly authenticator: Authenticator;
  readonly passwords: Passwords;
  readonly sessions: SessionTable;
  readonly devices: SignedInDevices;
  readonly self: ServerId;
  readonly leaving: Leaving;
}

/** Sessions that have asked to be signed out themselves: they get their answer first. */
export type Leaving = Set<SessionId>;

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

  /** Signs one device out, or all but the current one; the current one gets its answer before its session ends. @returns how many. */
  async signOut(session: Session, deviceId?: DeviceId): Promise<number> {
    const { authenticator, leaving } = this.#options;
    const { userId, device } = session;
    const current = device.id;
    const others = this.#others(userId, current);
    const which = deviceId === undefined ? others : [...others, current].filter((each) => each === deviceId);
    if (deviceId !== undefined && which.length === 0) throw new UCError('NOT_FOUND', undefined, { field: 'params.deviceId' });
    const leaves = which.includes(current);
    if (leaves) leaving.add(session.id);
    try {
      await authenticator.signOut(userId, which);
    } finally {
      // After the answer is on its way.
      if (leaves) setImmediate(() => this.#leave(session));
    }
    return which.length;
  }

  #leave(session: Session): void {
    this.#options.leaving.delete(session.id);
    session.end('signedOut', fragment('session.ended', { reason: 'signedOut' }));
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
