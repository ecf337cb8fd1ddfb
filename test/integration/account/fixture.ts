import { Registry } from 'prom-client';
import { type DeviceId, randomId, sessionIdSchema, type UserId } from '#shared/ids.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { CloseReason } from '#shared/protocol/close-codes.ts';
import type { MethodName, ParamsIn, Result } from '#shared/protocol/index.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import type { TempFolder } from '#test/support/temp-folder.ts';
import { createAccount } from '#ucserver/account/index.ts';
import { type Auth, authConfigSchema, authProcedures, createAuth } from '#ucserver/auth/index.ts';
import { replicaParts, SecretBox, type Storage, startStorage } from '#ucserver/database/index.ts';
import { Directory, directoryProcedures } from '#ucserver/directory/index.ts';
import { ClientSession, Dispatcher, type Session, SessionTable } from '#ucserver/gateway/index.ts';

const mesh = { id: 'test', password: 'a password of the mesh' };
const accessMs = 600_000;

/** A session whose events are kept. */
export interface HeardSession {
  readonly session: Session;
  readonly events: Record<string, unknown>[];
  closed: CloseReason | undefined;
  call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>>;
}

/** What of a server has to do with accounts, on a real database and without a network. */
export class AccountFixture implements AsyncDisposable {
  readonly storage: Storage;
  readonly auth: Auth;
  readonly directory: Directory;
  readonly sessions = new SessionTable({ clock: systemClock, lostForMs: 8_000 });
  readonly dispatcher = new Dispatcher({ clock: systemClock, logger: silentLogger, registry: new Registry() });

  static async start(folder: TempFolder, name = 'one'): Promise<AccountFixture> {
    const storage = await startStorage({
      config: { engine: 'sqlite', file: folder.file('shared.db'), readers: 1 },
      procedures: [directoryProcedures, authProcedures],
      parts: Object.values(replicaParts),
      dataFolder: folder.file(name),
      mesh,
      clock: systemClock,
      logger: silentLogger,
      announce: () => {},
    });
    const fixture = new AccountFixture(storage);
    await fixture.auth.start();
    return fixture;
  }

  private constructor(storage: Storage) {
    this.storage = storage;
    const { database, replica } = storage;
    this.directory = new Directory({ database, replica, clock: systemClock });
    // Alone in its mesh: what others have to hear comes to them by SQL.
    const alone = { broadcast: () => undefined, on: () => () => undefined, addResync: () => () => undefined } as unknown as Mesh;
    this.auth = createAuth({
      config: authConfigSchema.parse({ accessMs }),
      database,
      replica,
      mesh: alone,
      meshKeys: new MeshKeys(mesh.id, mesh.password),
      sealing: new SecretBox(mesh.id, mesh.password, 'signing-key'),
      clock: systemClock,
      logger: silentLogger,
    });
    createAccount({
      directory: this.directory,
      auth: this.auth,
      sessions: this.sessions,
      dispatcher: this.dispatcher,
      database,
      replica,
      clock: systemClock,
      self: 'one' as never,
    });
  }

  async user(signIn: string, password: string): Promise<UserId> {
    const passwordHash = await this.auth.passwords.hash(password);
    const user = { signIn, displayName: signIn, email: `${signIn}@firm.example` };
    return (await this.directory.createUser({ user, passwordHash }, { actor: 'system' })).id;
  }

  /** A session as sign-in would have opened it just now. */
  open(userId: UserId, deviceId: DeviceId): HeardSession {
    const identity = {
      id: sessionIdSchema.parse(randomId()),
      userId,
      device: { id: deviceId, kind: 'browser' as const, name: 'Firefox' },
      capabilities: [],
      activity: 'active' as const,
      openedAt: Date.now(),
      tokenEndsAt: Date.now() + accessMs,
      ...{ signedInAt: Date.now(), tokenGeneration: 0 },
    };
    const link = {
      push: (fragment: string) => void heard.events.push(JSON.parse(fragment)),
      close: (reason: CloseReason) => {
        heard.closed = reason;
      },
    };
    const session = new ClientSession(identity, link, this.sessions, this.dispatcher);
    const heard: HeardSession = {
      session,
      events: [],
      closed: undefined,
      call: async (method, params) => {
        const answer = await this.dispatcher.dispatch(session, { id: 1, method, params }, 'test');
        if ('error' in answer) throw Object.assign(new Error(answer.error.message), answer.error);
        return answer.result as never;
      },
    };
    this.sessions.add(session);
    return heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.auth.stop();
    await this.storage.stop();
  }
}
