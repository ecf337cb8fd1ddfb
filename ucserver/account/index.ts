import type { ServerId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Auth } from '#ucserver/auth/index.ts';
import type { Database, Replica } from '#ucserver/database/index.ts';
import type { Dispatcher, SessionTable } from '#ucserver/gateway/index.ts';
import type { Directory } from '../directory/index.ts';
import { registerAccountMethods } from './methods.ts';
import { tellAccountChanges } from './notifier.ts';
import { SignedInDevices } from './repository.ts';
import { AccountService, type Leaving } from './service.ts';
import { endSignedOutSessions } from './subscriber.ts';

export { type PictureRoutesOptions, pictureRoutes } from './routes.ts';
export type { AccountService } from './service.ts';

export interface AccountOptions {
  readonly directory: Directory;
  readonly auth: Auth;
  readonly sessions: SessionTable;
  readonly dispatcher: Dispatcher;
  readonly database: Database;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly self: ServerId;
}

/** Registers the methods of `account.*`, tells sessions of changes and ends those that were signed out. */
export function createAccount({
  directory,
  auth,
  sessions,
  dispatcher,
  database,
  replica,
  clock,
  self,
}: AccountOptions): AccountService {
  const devices = new SignedInDevices({ database, replica, clock });
  const { authenticator, passwords } = auth;
  const leaving: Leaving = new Set();
  const account = new AccountService({ directory, authenticator, passwords, sessions, devices, self, leaving });
  registerAccountMethods(dispatcher, account);
  tellAccountChanges(directory, sessions);
  endSignedOutSessions(auth, sessions, leaving);
  return account;
}
