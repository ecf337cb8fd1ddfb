import { DatabaseSync } from 'node:sqlite';
import { Registry } from 'prom-client';
import { ServerCluster } from '#shared/cluster/cluster.ts';
import { type ActId, type DeviceId, type ServerId, serverIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import type { CloseReason } from '#shared/protocol/close-codes.ts';
import type { WireError } from '#shared/protocol/errors.ts';
import type { EventFields, EventName, MethodName, ParamsIn, Result } from '#shared/protocol/index.ts';
import type { Presence } from '#shared/protocol/presence.ts';
import { randomId } from '#shared/random-id.ts';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { createLogger, silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { Link } from '#test/support/link.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { type Contacts, contactProcedures, createContacts } from '#ucserver/contacts/index.ts';
import { replicaParts, type Storage, startStorage } from '#ucserver/database/index.ts';
import { Directory, directoryProcedures } from '#ucserver/directory/index.ts';
import {
  type ClientLink,
  Dispatcher,
  type RequestTarget,
  registerSessionMethods,
  SessionTable,
} from '#ucserver/gateway/index.ts';
import { createOwnership, type Ownership, ownershipConfigSchema } from '#ucserver/ownership/index.ts';
import { companyDefaultSetting, createPermissions, type Permissions, permissionProcedures } from '#ucserver/permissions/index.ts';
import { createPresence, type PresenceService, presenceConfigSchema, presenceProcedures } from '#ucserver/presence/index.ts';
import { Settings, settingProcedures } from '#ucserver/settings/index.ts';
import { createSignIn, type SignIn, signInConfigSchema } from '#ucserver/sign-in/index.ts';
import { testProcedures } from '../../contract/database-procedures.ts';

const mesh = { id: 'test', password: 'the password of the mesh', host: '127.0.0.1', port: 0 };
const logger = process.env.UCMESH_TEST_LOG ? createLogger({ level: 'debug', format: 'text' }) : silentLogger;
const clock = systemClock;
const procedures = [
  ...[directoryProcedures, settingProcedures, permissionProcedures, contactProcedures, presenceProcedures],
  testProcedures,
];

export interface WorldOptions {
  readonly presence?: Record<string, unknown>;
  readonly signIn?: Record<string, unknown>;
}

/** One server as far as presence goes: real mesh, Redis behind a link, and database; clients without sockets. */
export class PresenceServer {
  readonly id: ServerId;
  readonly link: Link;
  readonly storage: Storage;
  readonly cluster: ServerCluster;
  readonly sessions = new SessionTable({ clock, lostForMs: 1_000 });
  readonly dispatcher = new Dispatcher({ clock, logger, registry: new Registry() });
  readonly ownership: Ownership & { start(): void; stop(): void };
  readonly settings: Settings;
  readonly directory: Directory;
  readonly permissions: Permissions;
  readonly contacts: Contacts;
  readonly presence: PresenceService;
  readonly signIn: SignIn;
  /** Events and requests of these names do not leave this server. */
  readonly muted = new Set<string>();
  /** How many events of each name have left it. */
  readonly sent = new Map<string, number>();
  #isStopped = false;

  constructor(id: string, link: Link, storage: Storage, world: World, options: WorldOptions) {
    this.id = serverIdSchema.parse(id);
    this.link = link;
    this.storage = storage;
    const { database, replica } = storage;
    this.cluster = new ServerCluster({
      ...{ serverId: this.id, site: '', version: 'test', url: `http://${id}.test`, mesh, clock, logger },
      redis: redisConfigSchema.parse({ host: link.host, port: link.port }),
      dataFolder: world.folder.file(id),
      load: () => ({ ...this.signIn.load(), connections: this.sessions.size }) as never,
      onReplaced: () => undefined,
    });
    const { cluster, sessions, dispatcher } = this;
    const { signer, keys, meshKeys } = cluster;
    const homeOf = (userId: UserId) => world.homes.get(userId);
    const stored = { database, replica, clock };
    this.#watchSending();
    registerSessionMethods(dispatcher, sessions);
    this.settings = new Settings({ ...stored, serverId: this.id, logger, definitions: [companyDefaultSetting] });
    this.directory = new Directory(stored);
    this.permissions = createPermissions({ ...stored, directory: this.directory, settings: this.settings, dispatcher, sessions });
    this.contacts = createContacts({ ...stored, dispatcher, sessions });
    this.ownership = createOwnership({ cluster, signer, keys, clock, logger, homeOf, config: ownershipConfigSchema.parse({}) });
    this.signIn = createSignIn({
      ...{ cluster, clock, logger, homeOf, ownership: this.ownership, sessions, dispatcher, meshKeys, registry: new Registry() },
      verifier: {
        verify: async (token) => {
          const [userId, deviceId] = token.split('/') as [UserId, DeviceId];
          return { userId, deviceId, endsAt: Date.now() + 600_000, signedInAt: Date.now(), generation: 0 };
        },
        holds: () => true,
      },
      registry: new Registry(),
      reach: { reach: () => ({ mesh: cluster.mesh.state, database: 'up' }), onReach: (told) => cluster.mesh.onState(told) },
      config: signInConfigSchema.parse({ goHome: { enabled: false }, releaseAfterMs: 200, ...options.signIn }),
    });
    this.presence = createPresence({
      ...{ cluster, ownership: this.ownership, sessions, dispatcher, signer, keys, clock, logger, database, replica },
      ...{ permissions: this.permissions, signIn: this.signIn, registry: new Registry() },
      config: presenceConfigSchema.parse({ digestMs: 300, lingerMs: 300, ...options.presence }),
    });
  }

  async start(): Promise<void> {
    this.ownership.start();
    this.presence.start();
    this.sessions.start();
    this.signIn.start();
    await this.cluster.start();
  }

  /** Ends as with `kill -9`: nobody is told, connections break, nothing is written any more. */
  async crash(): Promise<void> {
    await this.link.refuse();
    await eventually(() => this.cluster.redis.state === 'down' && this.cluster.mesh.state === 'down', { withinMs: 5_000 });
    const silent = async () => undefined as never;
    this.storage.database.run = silent;
    await this.stop();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.sessions.stop();
    this.signIn.stop();
    await this.presence.stop();
    this.ownership.stop();
    await this.cluster.stop();
    await this.storage.stop();
    await this.link.close();
  }

  #watchSending(): void {
    const { mesh: wire } = this.cluster;
    const send = wire.send.bind(wire);
    const sendLatestToMany = wire.sendLatestToMany.bind(wire);
    const request = wire.request.bind(wire);
    const leaves = (name: string) => {
      this.sent.set(name, (this.sent.get(name) ?? 0) + 1);
      return !this.muted.has(name);
    };
    wire.send = (to, contract, event) => {
      if (leaves(contract.name)) send(to, contract, event);
    };
    wire.sendLatestToMany = (to, key, contract, event) => {
      if (leaves(contract.name)) sendLatestToMany(to, key, contract, event);
    };
    wire.request = (to, contract, params, options) => {
      if (leaves(contract.name)) return request(to, contract, params, options);
      return new Promise(() => undefined);
    };
  }
}

/** Servers with one database, one Redis and the same people. */
export class World implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly folder = new TempFolder('presence');
  readonly homes = new Map<UserId, ServerId>();
  readonly servers: PresenceServer[] = [];
  readonly #options: WorldOptions;

  static async start(names: readonly string[], people: readonly string[], options: WorldOptions = {}): Promise<World> {
    const world = new World(await RedisServer.start(), options);
    for (const name of names) await world.addServer(name);
    const { database } = world.first.storage;
    for (const id of people) await database.run(testProcedures.addUser, { id, name: id, at: 1 });
    for (const { storage } of world.servers) await storage.replica.refresh();
    await world.knowEachOther();
    return world;
  }

  private constructor(redis: RedisServer, options: WorldOptions) {
    this.redis = redis;
    this.#options = options;
  }

  get first(): PresenceServer {
    return this.servers[0] as PresenceServer;
  }

  /** Another server than the first if there is one. */
  get last(): PresenceServer {
    return this.servers.at(-1) as PresenceServer;
  }

  async addServer(id: string): Promise<PresenceServer> {
    let server: PresenceServer | undefined;
    const storage = await startStorage({
      config: { engine: 'sqlite', file: this.folder.file('shared.db'), readers: 1 },
      procedures,
      parts: Object.values(replicaParts),
      dataFolder: this.folder.file(id),
      ...{ mesh, clock, logger },
      announce: () => {
        for (const other of this.servers) if (other !== server) other.storage.replica.hint();
      },
    });
    server = new PresenceServer(id, await Link.open({ target: this.redis.address }), storage, this, this.#options);
    await server.start();
    this.servers.push(server);
    return server;
  }

  /** The server is gone for good; {@link addServer} may start it again. */
  async crash(server: PresenceServer): Promise<void> {
    this.servers.splice(this.servers.indexOf(server), 1);
    await server.crash();
  }

  async knowEachOther(): Promise<void> {
    await eventually(
      () =>
        this.servers.every(({ cluster: { mesh: wire, members, mayWrite, redis } }) => {
          const well = members.all().filter(({ suspected }) => !suspected);
          return redis.state === 'up' && mayWrite && wire.state === 'up' && well.length === this.servers.length;
        }),
      { withinMs: 8_000, what: 'the servers know each other' },
    );
  }

  /** Signs somebody in on this server; everybody knows there who the owner is when this resolves. */
  async signIn(name: string, server: PresenceServer, device = `${name}-device`): Promise<Client> {
    const userId = userIdSchema.parse(name);
    this.homes.set(userId, server.id);
    const client = new Client(userId, device);
    await eventually(async () => (await client.open(server)) === 'welcome', { withinMs: 8_000, what: `${name} is welcome` });
    await eventually(() =>
      this.servers.every(
        ({ ownership }) => ownership.ownerOf(userId)?.incarnation.serverId === server.id || ownership.owns(userId),
      ),
    );
    return client;
  }

  /** Takes SQL away as a stopped process does that holds the write lock. */
  lockDatabase(): { release(): void } {
    const connection = new DatabaseSync(this.folder.file('shared.db'));
    connection.exec('pragma busy_timeout = 5000; begin immediate');
    return {
      release() {
        connection.exec('rollback');
        connection.close();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.redis.stop();
    this.folder.remove();
  }
}

/** A client without a socket. */
export class Client implements ClientLink {
  readonly address = '127.0.0.1';
  readonly bufferedBytes = 0;
  readonly userId: UserId;
  readonly device: string;
  readonly events: { event: string }[] = [];
  #target: RequestTarget | undefined;
  #nextId = 1;

  constructor(userId: UserId, device: string) {
    this.userId = userId;
    this.device = device;
  }

  push(fragment: string): void {
    this.events.push(JSON.parse(fragment));
  }

  close(_reason: CloseReason): void {
    this.#target?.closed();
  }

  bind(target: RequestTarget): void {
    this.#target = target;
  }

  async open(server: PresenceServer): Promise<string> {
    const params = {
      ...{
        token: `${this.userId}/${this.device}`,
        capabilities: ['chat' as const],
        activity: 'active' as const,
        unreachable: [],
      },
      device: { id: this.device as DeviceId, kind: 'browser' as const, name: 'test' },
    };
    return (await server.signIn.open(params, this, 'test')).status;
  }

  /** @throws WireError */
  async ask<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>> {
    if (!this.#target) throw new Error('not signed in');
    const answer = await this.#target.request({ id: this.#nextId++, method, params }, 'test');
    if ('error' in answer) throw answer.error;
    // As it leaves for a client.
    return JSON.parse(JSON.stringify(answer.result)) as Result<M>;
  }

  /** The error it is answered. */
  async refusal<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<WireError> {
    try {
      await this.ask(method, params);
    } catch (error) {
      return error as WireError;
    }
    throw new Error(`${method} was not refused`);
  }

  async watch(...names: string[]): Promise<Presence[]> {
    const { presences } = await this.ask('presence.watch', { userIds: names as UserId[] });
    return presences;
  }

  async get(name: string): Promise<Presence | undefined> {
    return (await this.ask('presence.get', { userIds: [name as UserId] })).presences[0];
  }

  set(params: Omit<ParamsIn<'presence.set'>, 'actId'>): Promise<Result<'presence.set'>> {
    return this.ask('presence.set', { actId: randomId() as ActId, ...params });
  }

  setNote(params: Omit<ParamsIn<'presence.setNote'>, 'actId'>): Promise<Result<'presence.setNote'>> {
    return this.ask('presence.setNote', { actId: randomId() as ActId, ...params });
  }

  heard<E extends EventName>(event: E): EventFields<E>[] {
    return this.events.filter((each) => each.event === event) as unknown as EventFields<E>[];
  }

  /** Every state of this person it was told, in order. */
  told(name: string): Presence[] {
    return this.heard('presence.changed').filter(({ userId }) => userId === name);
  }

  /** Waits until what it was told last of this person fits. */
  async sees(name: string, expected: Partial<Presence>, withinMs = 3_000): Promise<Presence> {
    return eventually(
      () => {
        const last = this.told(name).at(-1);
        if (!last) throw new Error('nothing was told');
        for (const [field, value] of Object.entries(expected)) {
          const found = JSON.stringify(last[field as keyof Presence]);
          if (found !== JSON.stringify(value)) throw new Error(`${field} is ${found}`);
        }
        return last;
      },
      { withinMs, what: `${this.userId} sees ${name} as ${JSON.stringify(expected)}` },
    ) as Promise<Presence>;
  }

  /** Signs out at once. */
  leave(): Promise<unknown> {
    return this.ask('session.close', {});
  }

  /** The connection breaks. */
  lose(): void {
    this.#target?.closed();
    this.#target = undefined;
  }
}
