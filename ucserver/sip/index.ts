import type { ServerId } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Health } from '#shared/runtime/health.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { SipConfig } from './config.ts';
import { SipConnection } from './connection.ts';
import { DeviceGate } from './device-gate.ts';
import type { KnownDevice, SipDevices } from './devices.ts';
import { DigestNonces } from './digest-nonces.ts';
import { edgeAddress, readListeners } from './edge-address.ts';
import { EdgeProcess } from './edge-process.ts';
import type { EdgeAddress, SipListener } from './location-map.ts';
import type { ServerLocations } from './locations.ts';
import { registerPhoneMethods } from './methods.ts';
import { OldPhones } from './old-phones.ts';
import { Registrar } from './registrar.ts';
import { type Binding, registrarRules } from './registrar-state.ts';
import { SourceGuard } from './source-guard.ts';
import type { SrfApplication, SrfRequest, SrfResponder } from './srf.ts';

export { type SipConfig, sipConfigSchema } from './config.ts';
export { type KnownDevice, type NewSecret, SipDevices } from './devices.ts';
export {
  challenges,
  type DigestCredentials,
  type DigestVerifier,
  digestVerifier,
  parseCredentials,
  provesSecret,
} from './digest.ts';
export { DigestNonces, type NonceJudgement } from './digest-nonces.ts';
export type { DeviceLocation, EdgeAddress, LocationChange, Locations, SipListener } from './location-map.ts';
export { ServerLocations, type ServerLocationsOptions } from './locations.ts';
export { type Binding, type Register, type RegisterOutcome, registered } from './registrar-state.ts';
export { sipProcedures } from './repository.ts';
export type {
  SipHeaders,
  SrfApplication,
  SrfDialog,
  SrfHandler,
  SrfLateOffer,
  SrfMessage,
  SrfRequest,
  SrfResponder,
  SrfResponse,
  UacOptions,
  UacProgress,
  UasOptions,
} from './srf.ts';
export { type SipServer, srvRecords } from './srv-records.ts';
export { LocationStore } from './store.ts';

/** SIP as a server has it, by an edge of its own or a drachtio-server. */
export interface Sip {
  /** Features register what they handle here, before {@link start}. */
  readonly application: SrfApplication;
  readonly isConnected: boolean;
  /** The device that has sent a request and proved its secret; if none did, the request is answered. */
  admit(request: SrfRequest, response: SrfResponder): KnownDevice | undefined;
  /** A device that may register and call, by its id. */
  deviceOf(id: string): KnownDevice | undefined;
  /** The edge or drachtio-server is there, for the first time or again. Answers how to stop listening. */
  onConnected(listener: () => void): () => void;
  /** The edge or drachtio-server is gone, and all dialogs with it. Answers how to stop listening. */
  onAway(listener: () => void): () => void;
  /** Where a device is reached over this server; over the others see {@link Locations}. */
  bindingsOf(deviceId: string): readonly Binding[];
  /** Where its edge listens, as others reach it; undefined while there is none. */
  readonly listeners: readonly SipListener[] | undefined;
  /** How other servers pass calls to it. */
  readonly address: EdgeAddress | undefined;
  /** The id of the process of our own edge. */
  readonly edgePid: number | undefined;
  /** @throws Error when our own edge does not listen */
  start(): Promise<void>;
  /** When this server has joined the others: takes up what its life before has left. */
  resume(): Promise<void>;
  /** Waiting calls are answered 503, running ones go on. */
  stop(): Promise<void>;
}

export interface SipDependencies {
  readonly config: SipConfig;
  readonly devices: SipDevices;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meshKeys: MeshKeys;
  readonly health: Health;
  readonly dispatcher: Pick<Dispatcher, 'register'>;
  readonly self: ServerId;
  readonly locations: Pick<ServerLocations, 'hold' | 'onMoved' | 'left' | 'locationsOf'>;
  /** How other servers reach this host, known when it is asked for. */
  readonly ownHost: () => string;
}

/** People can have devices on any server. @returns undefined when neither an edge nor a drachtio-server is configured: this server has no phones. */
export function createSip(dependencies: SipDependencies): Sip | undefined {
  const { config, devices, clock, logger, health, dispatcher, meshKeys, self, locations } = dependencies;
  const { drachtio, listeners } = config;
  registerPhoneMethods(dispatcher, devices, locations);
  if (drachtio === undefined && listeners.length === 0) return undefined;
  const connection = new SipConnection(logger, health.register('sip'));
  const edge = drachtio === undefined ? new EdgeProcess(config, clock, logger) : undefined;
  const nonces = new DigestNonces(meshKeys, clock, self);
  const gate = new DeviceGate({ devices, nonces, guard: new SourceGuard(clock), oldPhones: new OldPhones(clock), logger });
  const { registerSeconds } = config;
  const rules = { ...registrarRules, usualSeconds: registerSeconds, mostSeconds: registerSeconds };
  const registrar = new Registrar({ devices, gate, locations, clock, rules });
  connection.application.use('register', (request, response) => {
    try {
      registrar.handle(request, response);
    } catch (error) {
      // drachtio-srf throws on headers that a drachtio-server lets through.
      logger.warn('a registration could not be read', { error, from: request.source_address });
      response.send(400);
    }
  });
  connection.onAway(() => registrar.forgetConnections());
  const listenersNow = () => {
    const { listeners: told } = connection;
    return told === undefined ? undefined : readListeners(told, dependencies.ownHost(), config.between);
  };
  return {
    application: connection.application,
    get isConnected() {
      return connection.isConnected;
    },
    admit: (request, response) => gate.admit(request, response),
    deviceOf: (id) => devices.find(id),
    onConnected: (listener) => connection.onConnected(listener),
    onAway: (listener) => connection.onAway(listener),
    bindingsOf: (deviceId) => registrar.bindingsOf(deviceId),
    get listeners() {
      return listenersNow();
    },
    get address() {
      return edgeAddress(listenersNow() ?? []);
    },
    get edgePid() {
      return edge?.pid;
    },
    async start() {
      registrar.start();
      const address = drachtio ?? (await edge?.start());
      if (address !== undefined) connection.start(address);
    },
    async resume() {
      registrar.restore(await locations.left());
    },
    async stop() {
      connection.stop();
      registrar.stop();
      await edge?.stop();
    },
  };
}
