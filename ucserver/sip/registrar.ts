import { randomBytes } from 'node:crypto';
import type { UserId } from '#shared/ids.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { KnownDevice, SipDevices } from './devices.ts';
import { challenges, digestVerifier, parseCredentials, provesSecret } from './digest.ts';
import type { DigestNonces } from './digest-nonces.ts';
import { readRegister, userOf } from './register-request.ts';
import { type Binding, registered } from './registrar-state.ts';
import type { SourceGuard } from './source-guard.ts';
import type { SipHeaders, SrfRequest, SrfResponder } from './srf.ts';

/** How often bindings that have expired are forgotten. */
const sweepEveryMs = 5_000;

export interface RegistrarOptions {
  readonly devices: SipDevices;
  readonly nonces: DigestNonces;
  readonly guard: SourceGuard;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where a device of a user is reached over this server. */
export interface Location {
  readonly deviceId: string;
  readonly userId: UserId;
  readonly bindings: readonly Binding[];
}

/** The registrar of this server: lets devices in by digest, and knows where they are. Needs neither SQL nor Redis. */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #locations = new Map<string, Location>();
  readonly #listeners = new Set<(location: Location) => void>();
  /** Takes as long to fail with as that of a device that is there. */
  readonly #nobody: KnownDevice['verifier'];
  #sweep: Timer | undefined;
  #forget: () => void = () => undefined;

  constructor(options: RegistrarOptions) {
    this.#options = options;
    this.#nobody = digestVerifier('', options.devices.realm, randomBytes(16).toString('hex'));
  }

  start(): void {
    const { clock, devices } = this.#options;
    this.#sweep = clock.every(sweepEveryMs, () => this.#forgetExpired());
    this.#forget = devices.onChange(() => {
      for (const { deviceId, userId } of [...this.#locations.values()])
        if (devices.find(deviceId) === undefined) this.#put(deviceId, userId, []);
    });
  }

  stop(): void {
    this.#sweep?.stop();
    this.#forget();
    this.#locations.clear();
  }

  /** Where the devices of a user are; those that are nowhere are left out. */
  locationsOf(userId: UserId): readonly Location[] {
    return [...this.#locations.values()].filter((location) => location.userId === userId);
  }

  /** A device has come, gone or moved. Answers how to stop listening. */
  onChange(listener: (location: Location) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Answers a REGISTER. */
  handle(request: SrfRequest, response: SrfResponder): void {
    if (this.#options.guard.isBlocked(request.source_address)) {
      response.send(503, { headers: { 'Retry-After': '600' } });
      return;
    }
    const device = this.#authenticate(request, response);
    if (device === undefined) return;
    const register = readRegister(request);
    if (register === undefined) response.send(400, 'Malformed Contact');
    else if (userOf(request.getParsedHeader('to').uri) !== device.id) response.send(403, 'Not Your Address');
    else {
      const nowMs = this.#options.clock.monotonicMs();
      const outcome = registered(this.#locations.get(device.id)?.bindings ?? [], register, nowMs, Math.random());
      if (outcome.kind === 'refused') {
        const least = outcome.minExpiresSeconds;
        response.send(outcome.status, outcome.reason, { headers: least === undefined ? {} : { 'Min-Expires': String(least) } });
        return;
      }
      this.#put(device.id, device.userId, outcome.bindings);
      response.send(200, { headers: answerHeaders(outcome.bindings, nowMs) });
    }
  }

  /** The device that proved its secret; if none did, the request is answered. */
  #authenticate(request: SrfRequest, response: SrfResponder): KnownDevice | undefined {
    const { devices, nonces, guard, logger } = this.#options;
    const credentials = parseCredentials(request.get('Authorization') ?? '');
    if (credentials === undefined || credentials.realm !== devices.realm) {
      this.#challenge(response, false);
      return undefined;
    }
    const device = devices.find(credentials.username);
    const isProved = provesSecret(credentials, device?.verifier ?? this.#nobody, request.method);
    const judgement = nonces.judge(credentials.nonce, credentials.count);
    if (device !== undefined && isProved && judgement === 'fresh') {
      nonces.use(credentials.nonce, credentials.count);
      return device;
    }
    // An old nonce with the right secret is what every phone brings now and then, and some never count its uses.
    if (isProved) this.#challenge(response, true);
    else {
      guard.failed(request.source_address);
      logger.debug('a device was not let in', { device: credentials.username, from: request.source_address, judgement });
      this.#challenge(response, false);
    }
    return undefined;
  }

  #challenge(response: SrfResponder, stale: boolean): void {
    const { devices, nonces } = this.#options;
    // Two header lines: many phones read one challenge of each, and drachtio-srf would join values by commas.
    const lines = challenges(devices.realm, nonces.create(), stale).join('\r\nWWW-Authenticate: ');
    response.send(401, { headers: { 'WWW-Authenticate': lines } });
  }

  #put(deviceId: string, userId: UserId, bindings: readonly Binding[]): void {
    if (bindings.length === 0 && !this.#locations.has(deviceId)) return;
    const location = { deviceId, userId, bindings };
    if (bindings.length === 0) this.#locations.delete(deviceId);
    else this.#locations.set(deviceId, location);
    for (const listener of this.#listeners) listener(location);
  }

  #forgetExpired(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const { deviceId, userId, bindings } of [...this.#locations.values()]) {
      const live = bindings.filter(({ expiresMs }) => expiresMs > nowMs);
      if (live.length < bindings.length) this.#put(deviceId, userId, live);
    }
  }
}

/** All bindings, each with how long it still holds (RFC 3261 10.3). */
function answerHeaders(bindings: readonly Binding[], nowMs: number): SipHeaders {
  const contacts = bindings.map(({ contact, flow, expiresMs }) => {
    const device = flow === undefined ? '' : `;+sip.instance="${flow.instance}";reg-id=${flow.regId}`;
    return `<${contact}>${device};expires=${Math.max(1, Math.round((expiresMs - nowMs) / 1_000))}`;
  });
  const path = bindings.find((binding) => binding.path.length > 0)?.path;
  return {
    ...(contacts.length === 0 ? {} : { Contact: contacts.join(', ') }),
    ...(path === undefined ? {} : { Path: path.join(', ') }),
    ...(bindings.some(({ flow }) => flow !== undefined) ? { Require: 'outbound', 'Flow-Timer': '120' } : {}),
    Supported: 'path, outbound',
  };
}
