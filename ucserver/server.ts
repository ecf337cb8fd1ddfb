import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { ServerCluster } from '#shared/cluster/cluster.ts';
import { incarnationId, type UserId } from '#shared/ids.ts';
import { databaseChanged } from '#shared/mesh/contracts/storage.ts';
import type { ServerAddress } from '#shared/protocol/session.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { Health } from '#shared/runtime/health.ts';
import { type Deadline, Lifecycle } from '#shared/runtime/lifecycle.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import packageJson from '../package.json' with { type: 'json' };
import { createAccount, pictureRoutes } from './account/index.ts';
import { allSettings } from './all-settings.ts';
import { createAuth, mayDo } from './auth/index.ts';
import { CallDesk, type CallService } from './calls/index.ts';
import { chatDays, chatLimits, createChat, PositionSpool, positionFolder } from './chat/index.ts';
import type { Config } from './config.ts';
import { createContacts } from './contacts/index.ts';
import { type Database, replicaParts, SecretBox, startStorage } from './database/index.ts';
import { Directory, registerDirectoryMethods, tellCardChanges } from './directory/index.ts';
import { createFiles, fileDays, fileLimits } from './files/index.ts';
import { Dispatcher, Gateway, registerSessionMethods, SessionTable } from './gateway/index.ts';
import { authRoutes, ClientAddress, createHttpApp, HttpServer, Networks, Origins, systemRoutes } from './http/index.ts';
import { createJournal, type Journal, journalDaysSetting } from './journal/index.ts';
import { createLicensing } from './licensing/index.ts';
import { createOutbox, databaseWatch, folderDisk, RedisPendingStore, redisWatch, spoolFolder } from './outbox/index.ts';
import { createOwnership } from './ownership/index.ts';
import { createPermissions, type Permissions } from './permissions/index.ts';
import { createPhoneBooks, directoryCountrySetting, type PhoneBooks } from './phone-book/index.ts';
import { createPhones } from './phones.ts';
import { createPresence, type PresenceService } from './presence/index.ts';
import { AuditCleaner, auditDaysSetting } from './privacy/index.ts';
import { procedures } from './procedures.ts';
import { watchReach } from './reach.ts';
import { registerSettingMethods, Settings } from './settings/index.ts';
import { createSignIn, type SignIn } from './sign-in/index.ts';
import type { Locations, Sip } from './sip/index.ts';
import { createTelephony } from './telephony.ts';
import type { Trunks } from './trunks/index.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Metrics of this server; default: its own. */
  readonly registry?: Registry;
  /** Another process lives as this server: this one must end. */
  readonly onReplaced?: () => void;
}

/** A running UCServer. */
export interface UCServer {
  /** Where clients reach it. */
  readonly url: string;
  readonly cluster: ServerCluster;
  readonly database: Database;
  readonly sessions: SessionTable;
  readonly permissions: Permissions;
  readonly presence: PresenceService;
  readonly signIn: SignIn;
  readonly phoneBooks: PhoneBooks;
  readonly journal: Journal;
  /** Where the devices of all servers are. */
  readonly locations: Locations;
  /** Undefined when it has no phones. */
  readonly sip: Sip | undefined;
  /** Undefined when it has no phones. */
  readonly calls: CallService | undefined;
  /** Undefined when it has no phones. */
  readonly trunks: Trunks | undefined;
  /** Drains, gives back what it holds and leaves the mesh, within 10 s. */
  stop(reason: string): Promise<void>;
}

/** Time that is kept for leaving when everybody is gone. */
const leavingMs = 3_000;
const builtPages = fileURLToPath(new URL('../dist/web', import.meta.url));

/**
 * Builds and starts one UCServer: the one place that knows all features. Several fit into one process.
 *
 * @throws UCError STORAGE_UNAVAILABLE when SQL is away and there is no snapshot to start from.
 * @throws Error when an address cannot be bound or Redis must not be used.
 */
export async function startServer({
  config,
  clock,
  logger: root,
  registry = new Registry(),
  onReplaced,
}: ServerOptions): Promise<UCServer> {
  const serverId = config.server.id;
  const logger = root.child({ server: serverId });
  const lifecycle = new Lifecycle({ clock, logger });
  registry.setDefaultLabels({ server: serverId });
  const health = new Health(clock);
  const base = { clock, logger };

  const http = await HttpServer.create({ config: config.http, ...base });
  await http.listen();

  const cluster = new ServerCluster({
    ...{ serverId, site: config.server.site, version: packageJson.version, url: http.url },
    ...{ mesh: config.mesh, redis: config.redis, dataFolder: config.server.dataFolder, ...base },
    load: () => ({
      ...signIn.load(),
      connections: gateway.connectionCount,
      sip: sip?.listeners,
      lines: telephony?.trunks.lines(),
    }),
    onReplaced: () => onReplaced?.(),
  });
  const { mesh, members, meshKeys, signer, keys } = cluster;

  const storage = await startStorage({
    ...{ config: config.database, procedures, parts: Object.values(replicaParts) },
    ...{ dataFolder: config.server.dataFolder, mesh: config.mesh, ...base },
    announce: () => mesh.broadcast(databaseChanged, {}),
  });
  const { database, replica } = storage;
  mesh.on(databaseChanged, () => replica.hint());
  const stored = { database, replica, clock };
  const reach = watchReach({ mesh, redis: cluster.redis, database, health });

  const sessions = new SessionTable({ clock, lostForMs: config.gateway.lostForMs });
  const dispatcher = new Dispatcher({ ...base, registry });
  registerSessionMethods(dispatcher, sessions);

  const settings = new Settings({ ...stored, logger, serverId, definitions: allSettings });
  const directory = new Directory(stored);
  const permissions = createPermissions({ ...stored, directory, settings, dispatcher, sessions });
  const levelOf = (presentity: UserId, watcher: UserId) => permissions.levelOf(presentity, watcher);
  const homeOf = (userId: UserId) => directory.byId(userId)?.homeServer;
  registerSettingMethods({
    ...{ dispatcher, settings, sessions: () => sessions.all() },
    isAdministrator: (userId) => directory.byId(userId)?.administrator === true,
  });
  registerDirectoryMethods({ dispatcher, directory, levelOf });

  const sealing = new SecretBox(config.mesh.id, config.mesh.password, 'signing-key');
  const auth = createAuth({ config: config.auth, ...stored, mesh, meshKeys, sealing, logger });
  const { authenticator } = auth;
  const ownership = createOwnership({ cluster, signer, keys, ...base, config: config.ownership, homeOf });
  const licensing = createLicensing({
    cluster,
    ...stored,
    sessions,
    ownership,
    signer,
    keys,
    config: config.licensing,
    logger,
    registry,
  });
  const signIn: SignIn = createSignIn({
    seats: licensing.onlineUsers,
    ...{ cluster, ownership, sessions, dispatcher, reach, meshKeys, homeOf, config: config.signIn, ...base, registry },
    verifier: {
      verify: (token) => authenticator.authenticate(token),
      holds: (proof) => authenticator.holds(proof),
    },
  });
  createAccount({ directory, auth, sessions, dispatcher, ...stored, self: serverId });
  createContacts({ ...stored, dispatcher, sessions });

  const presence = createPresence({
    ...{
      cluster,
      ownership,
      sessions,
      dispatcher,
      permissions,
      ...stored,
      signer,
      keys,
      logger,
      registry,
      config: config.presence,
      signIn,
    },
  });
  tellCardChanges({ directory, sessionsShowing: (userId) => presence.sessionsShowing(userId) });

  const phoneBooks = createPhoneBooks({
    ...{ replica, directory, dispatcher, logger },
    country: () => settings.get(directoryCountrySetting),
  });

  const outbox = await createOutbox({
    ...{ config: config.outbox, members, health, registry, ...base },
    disk: folderDisk(spoolFolder(config.server.dataFolder)),
    store: new RedisPendingStore({ redis: cluster.redis, signer, keys, logger }),
    redis: redisWatch(cluster.redis),
    storage: databaseWatch(database),
    self: () => cluster.self,
  });
  const journal = createJournal({
    ...{ database, outbox, mesh, ownership, sessions, dispatcher, config: config.journal, ...base, registry },
    isErased: (userId) => directory.isErased(userId),
    days: () => settings.get(journalDaysSetting),
  });
  const files = createFiles({
    ...{ database, dispatcher, authenticator, meshKeys, members, outbox, health, config: config.files, ...base, registry },
    self: () => cluster.self,
    limits: () => fileLimits(settings),
    days: () => fileDays(settings),
  });
  const chat = createChat({
    ...{ database, replica, outbox, mesh, members, ownership, sessions, dispatcher, config: config.chat, ...base, registry },
    mayChat: (addressee, author) => mayDo(levelOf(addressee, author), 'chat'),
    filesFor: (fileIds, author) => files.forMessage(fileIds, author),
    positionSpool: await PositionSpool.open({ disk: folderDisk(positionFolder(config.server.dataFolder)), logger }),
    limits: () => chatLimits(settings),
    days: () => chatDays(settings),
  });

  const auditCleaner = new AuditCleaner({
    ...{ database, days: () => settings.get(auditDaysSetting), ...base },
    holder: () => incarnationId(cluster.self),
  });

  const phones = createPhones({ config, cluster, ...stored, directory, dispatcher, health, logger, url: () => http.url });
  const { locations, sip } = phones;

  const telephony =
    sip === undefined
      ? undefined
      : createTelephony({
          ...{ config, cluster, ...stored, settings, directory, names: phoneBooks, sip, locations, logger, registry },
          mayCall: (callee, caller) => mayDo(levelOf(callee, caller), 'call'),
        });

  const callDesk = new CallDesk({
    ...{
      cluster,
      ownership,
      sessions,
      dispatcher,
      directory,
      presence,
      journal,
      signIn,
      locations,
      calls: telephony?.calls,
      ...base,
    },
    mayPickUp: (presentity, picker) => mayDo(levelOf(presentity, picker), 'pickUp'),
  });

  const forgotten = dispatcher.missing();
  if (forgotten.length > 0) throw new Error(`nobody handles ${forgotten.join(', ')}`);

  const servers = (): ServerAddress[] => members.all().map(({ incarnation, url }) => ({ id: incarnation.serverId, url }));
  const origins = new Origins({ listed: config.http.origins, servers, ownUrl: config.http.url });
  members.onJoined(() => origins.learn());
  const clientAddress = new ClientAddress(config.http);
  const gateway = new Gateway({
    ...{ config: config.gateway, name: serverId, opener: signIn, ...base, registry },
    originAllowed: (origin, host) => origins.allows(origin, host),
    addressOf: (request) => clientAddress.of(request),
  });
  cluster.onPermission(() => gateway.allowWriting(cluster.mayServe));
  const app = createHttpApp({
    ...{ origins, secure: http.secure, logger, webFolder: config.http.webFolder ?? builtPages },
    addressOf: (request) => clientAddress.of(request),
    routes: [
      authRoutes({ authenticator, perMinute: config.http.authPerMinute, clock }),
      pictureRoutes({ directory, authenticator, seesPicture: (presentity, reader) => levelOf(presentity, reader) !== 'blocked' }),
      files.routes,
      phones.routes,
      systemRoutes({
        ...{ servers, health, registry, metricsFrom: new Networks(config.http.metricsFrom) },
        isDraining: () => signIn.load().draining,
        isDirect: (request) => clientAddress.isDirect(request),
      }),
    ],
  });

  lifecycle.add({ name: 'storage', stop: () => storage.stop() });
  lifecycle.add({ name: 'cluster', stop: () => cluster.stop() });
  lifecycle.add({ name: 'auth', start: () => auth.start(), stop: () => auth.stop() });
  lifecycle.add({ name: 'ownership', ...ownership });
  lifecycle.add({ name: 'presence', start: () => presence.start(), stop: () => presence.stop() });
  lifecycle.add({ name: 'outbox', ...outbox });
  lifecycle.add({ name: 'journal', start: () => journal.start(), stop: () => journal.stop() });
  lifecycle.add({ name: 'files', start: () => files.start(), stop: () => files.stop() });
  lifecycle.add({ name: 'chat', ...chat });
  lifecycle.add({ name: 'privacy', start: () => auditCleaner.start(), stop: () => auditCleaner.stop() });
  lifecycle.add({ name: 'sessions', start: () => sessions.start(), stop: () => sessions.stop() });
  lifecycle.add({ name: 'sign-in', start: () => signIn.start(), stop: () => signIn.stop() });
  phones.addTo(lifecycle);
  telephony?.addTo(lifecycle);
  lifecycle.add({ name: 'call-desk', start: () => callDesk.start(), stop: () => callDesk.stop() });
  // Features must be listening before the mesh is joined, and the mesh be joined before people come.
  lifecycle.add({ name: 'mesh', start: () => cluster.start() });
  phones.addAfterMesh(lifecycle);
  // Its ledger knows the life that has just begun.
  lifecycle.add({ name: 'licensing', start: () => licensing.start(), stop: () => licensing.stop() });
  lifecycle.add({
    name: 'http',
    start: () => {
      gateway.attach(http.server);
      http.serve(app.callback());
      logger.info('people can sign in', { url: http.url, mesh: cluster.meshUrl });
    },
    stop: () => http.stop(),
  });
  lifecycle.add({ name: 'gateway', stop: () => gateway.stop() });
  lifecycle.add({ name: 'people', stop: (deadline: Deadline) => signIn.drain(Math.max(0, deadline.remainingMs() - leavingMs)) });
  await lifecycle.start();

  return {
    url: http.url,
    cluster,
    database,
    sessions,
    permissions,
    presence,
    signIn,
    phoneBooks,
    journal,
    locations,
    sip,
    calls: telephony?.calls,
    trunks: telephony?.trunks,
    stop: (reason) => lifecycle.stop(reason),
  };
}
