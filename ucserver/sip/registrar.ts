import type { UserId } from '#shared/ids.ts';
import type { DeviceRecord } from '#shared/mesh/contracts/phones.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { DeviceGate } from './device-gate.ts';
import type { SipDevices } from './devices.ts';
import type { ServerLocations } from './locations.ts';
import { readRegister, userOf } from './register-request.ts';
import { type Binding, type RegistrarRules, registered } from './registrar-state.ts';
import type { SipHeaders, SrfRequest, SrfResponder } from './srf.ts';

/** How often bindings that have expired are forgotten. */
const sweepEveryMs = 5_000;
/** How long what the life before has left is believed: longer than a phone may take to register again. */
const restoredForMs = 150_000;

export interface RegistrarOptions {
  readonly devices: Pick<SipDevices, 'find' | 'onChange'>;
  readonly gate: Pick<DeviceGate, 'admit'>;
  /** What this server tells of its devices. */
  readonly locations: Pick<ServerLocations, 'hold' | 'onMoved'>;
  readonly rules: RegistrarRules;
  readonly clock: Clock;
}

/** A device at the edge of this server. */
interface Registered {
  readonly userId: UserId;
  readonly bindings: readonly Binding[];
}

/** The registrar of this server: knows which devices are at its edge. Needs neither SQL nor Redis. */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #devices = new Map<string, Registered>();
  #sweep: Timer | undefined;
  #stops: readonly (() => void)[] = [];

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, devices, locations } = this.#options;
    this.#sweep = clock.every(sweepEveryMs, () => this.#forgetExpired());
    this.#stops = [
      devices.onChange(() => this.#keep((_binding, deviceId) => devices.find(deviceId) !== undefined)),
      locations.onMoved((deviceId, replaced) => {
        const gone = new Set(replaced.map(({ contact }) => contact));
        this.#keep((binding, id) => id !== deviceId || !gone.has(binding.contact), [deviceId]);
      }),
    ];
  }

  /** Where devices are stays with {@link ServerLocations}, for the next life. */
  stop(): void {
    this.#sweep?.stop();
    for (const stop of this.#stops) stop();
    this.#devices.clear();
  }

  /** Where a device is reached over the edge of this server. */
  bindingsOf(deviceId: string): readonly Binding[] {
    return this.#devices.get(deviceId)?.bindings ?? [];
  }

  /** The edge has ended and all its connections with it; what is reached by UDP is reached over the next edge. */
  forgetConnections(): void {
    this.#keep(({ protocol }) => protocol === 'udp');
  }

  /** Believes for a while what the life before has left: devices reached by UDP that have not registered again yet. */
  restore(records: readonly DeviceRecord[]): void {
    const { clock, devices } = this.#options;
    const expiresMs = clock.monotonicMs() + restoredForMs;
    for (const { deviceId, userId, bindings } of records) {
      if (this.#devices.has(deviceId) || devices.find(deviceId)?.userId !== userId) continue;
      const restored = bindings
        .filter(({ protocol }) => protocol === 'udp')
        .map((binding) => ({ ...binding, flow: binding.flow, userAgent: binding.userAgent, callId: '', seq: 0, expiresMs }));
      this.#put(deviceId, userId, restored);
    }
  }

  /** Answers a REGISTER. */
  handle(request: SrfRequest, response: SrfResponder): void {
    const { gate, rules, clock } = this.#options;
    const device = gate.admit(request, response);
    if (device === undefined) return;
    const register = readRegister(request, Math.floor(clock.wallMs()));
    if (register === undefined) response.send(400, 'Malformed Contact');
    else if (userOf(request.getParsedHeader('to').uri) !== device.id) response.send(403, 'Not Your Address');
    else {
      const nowMs = clock.monotonicMs();
      const outcome = registered(this.bindingsOf(device.id), register, nowMs, Math.random(), rules);
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
    if (bindings.length > 0) this.#devices.set(deviceId, { userId, bindings });
    else if (!this.#devices.delete(deviceId)) return;
    this.#options.locations.hold(deviceId, userId, bindings);
  }

  /** Forgets all other bindings. */
  #keep(wanted: (binding: Binding, deviceId: string) => boolean, deviceIds: Iterable<string> = [...this.#devices.keys()]): void {
    for (const deviceId of deviceIds) {
      const device = this.#devices.get(deviceId);
      const kept = device?.bindings.filter((binding) => wanted(binding, deviceId));
      if (device !== undefined && kept !== undefined && kept.length < device.bindings.length)
        this.#put(deviceId, device.userId, kept);
    }
  }

  #forgetExpired(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#keep(({ expiresMs }) => expiresMs > nowMs);
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
