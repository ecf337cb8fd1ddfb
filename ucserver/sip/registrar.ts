import type { UserId } from '#shared/ids.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { DeviceGate } from './device-gate.ts';
import type { SipDevices } from './devices.ts';
import { readRegister, userOf } from './register-request.ts';
import { type Binding, registered } from './registrar-state.ts';
import type { SipHeaders, SrfRequest, SrfResponder } from './srf.ts';

/** How often bindings that have expired are forgotten. */
const sweepEveryMs = 5_000;

export interface RegistrarOptions {
  readonly devices: SipDevices;
  readonly gate: DeviceGate;
  readonly clock: Clock;
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
  #sweep: Timer | undefined;
  #forget: () => void = () => undefined;

  constructor(options: RegistrarOptions) {
    this.#options = options;
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
    const device = this.#options.gate.admit(request, response);
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
