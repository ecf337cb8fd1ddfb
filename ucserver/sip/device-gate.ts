import { randomBytes } from 'node:crypto';
import type { Logger } from '#shared/runtime/logger.ts';
import type { KnownDevice, SipDevices } from './devices.ts';
import { challenges, digestAlgorithms, digestVerifier, parseCredentials, provesSecret } from './digest.ts';
import type { DigestNonces } from './digest-nonces.ts';
import type { OldPhones } from './old-phones.ts';
import { userOf } from './register-request.ts';
import type { SourceGuard } from './source-guard.ts';
import type { SrfRequest, SrfResponder } from './srf.ts';

export interface DeviceGateOptions {
  readonly devices: SipDevices;
  readonly nonces: DigestNonces;
  readonly guard: SourceGuard;
  readonly oldPhones: OldPhones;
  readonly logger: Logger;
}

/** Lets devices in by digest, whatever they ask for. Needs neither SQL nor Redis. */
export class DeviceGate {
  readonly #options: DeviceGateOptions;
  /** Takes as long to fail with as that of a device that is there. */
  readonly #nobody: KnownDevice['verifier'];

  constructor(options: DeviceGateOptions) {
    this.#options = options;
    this.#nobody = digestVerifier('', options.devices.realm, randomBytes(16).toString('hex'));
  }

  /** The device that proved its secret; if none did, the request is answered. */
  admit(request: SrfRequest, response: SrfResponder): KnownDevice | undefined {
    const { devices, nonces, guard, oldPhones, logger } = this.#options;
    const from = request.source_address;
    const credentials = parseCredentials(request.get('Authorization') ?? '');
    const blockedMs = guard.blockedForMs(from, () => credentials?.username ?? userOf(request.getParsedHeader('from').uri));
    if (blockedMs > 0) {
      response.send(503, { headers: { 'Retry-After': String(Math.ceil(blockedMs / 1_000)) } });
      return undefined;
    }
    if (credentials === undefined || credentials.realm !== devices.realm) {
      this.#challenge(request, response, false);
      return undefined;
    }
    const { username } = credentials;
    const known = devices.known(username);
    const isProved = provesSecret(credentials, known?.device.verifier ?? this.#nobody, request.method);
    const judgement = nonces.judge(credentials.nonce, credentials.count);
    if (!isProved) {
      guard.failed(from, username);
      logger.debug('a device was not let in', { device: username, from, judgement });
      this.#challenge(request, response, false);
    } else if (known === undefined || !known.isAdmitted) {
      // A phone that does not know yet that it was revoked, or that its person is locked, guesses nothing.
      response.send(403);
    } else if (judgement !== 'fresh') {
      // An old nonce with the right secret is what every phone brings now and then, and some never count its uses.
      this.#challenge(request, response, true);
    } else {
      nonces.use(credentials.nonce, credentials.count);
      guard.proved(from, username);
      oldPhones.proved(from, username, credentials.algorithm);
      return known.device;
    }
    return undefined;
  }

  #challenge(request: SrfRequest, response: SrfResponder, stale: boolean): void {
    const { devices, nonces, oldPhones } = this.#options;
    const isOld = oldPhones.challenged(request.source_address, userOf(request.getParsedHeader('from').uri));
    // Two header lines: many phones read one challenge of each, and drachtio-srf would join values by commas.
    const asked = challenges(devices.realm, nonces.create(), stale, isOld ? ['MD5'] : digestAlgorithms);
    const lines = asked.join('\r\nWWW-Authenticate: ');
    response.send(401, { headers: { 'WWW-Authenticate': lines } });
  }
}
