import { generateKeyPairSync, sign } from 'node:crypto';
import type { DeviceId, UserId } from '#shared/ids.ts';
import type { Revocation } from '#shared/mesh/contracts/auth.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { Authenticator, type AuthUser, type AuthUsers } from '#ucserver/auth/authenticator.ts';
import type { DeviceKey } from '#ucserver/auth/device-key.ts';
import { type DeviceEntry, DeviceLog } from '#ucserver/auth/device-log.ts';
import { KeyRing, type SigningKeyStore, type StoredKey } from '#ucserver/auth/key-ring.ts';
import { Nonces } from '#ucserver/auth/nonces.ts';
import type { Passwords } from '#ucserver/auth/passwords.ts';
import { type RevocationStore, Revocations } from '#ucserver/auth/revocations.ts';
import { Throttle } from '#ucserver/auth/throttle.ts';
import { TokenIssuer } from '#ucserver/auth/tokens.ts';
import { SecretBox } from '#ucserver/database/index.ts';

/** What two servers of one mesh share: SQL, and a way to tell each other. */
export class SharedGround {
  readonly clock = new ManualClock();
  readonly users = new Map<string, AuthUser>();
  readonly keys = new Map<string, StoredKey>();
  readonly revocations = new Map<string, Revocation>();
  readonly written: DeviceEntry[] = [];
  readonly hearers = new Set<(told: { revocations: readonly Revocation[] }) => void>();
  readonly changed = new Set<() => void>();
  readonly usersChanged = new Set<(ids: readonly UserId[]) => void>();
  /** SQL does not answer. */
  away = false;

  setUser(name: string, more: Partial<AuthUser> = {}): UserId {
    const id = name as UserId;
    const before = this.users.get(name);
    this.users.set(name, { id, verifier: `right ${name}`, locked: false, tokenGeneration: 1, ...before, ...more });
    for (const listener of this.usersChanged) listener([id]);
    return id;
  }

  store(): void {
    if (this.away) throw new Error('away');
    for (const listener of this.changed) listener();
  }
}

/** Passwords that cost nothing: the right one of a user is the text after "right". */
const cheapPasswords = {
  hash: async (password: string) => `right ${password}`,
  verify: async (password: string, verifier: string | null) => ({ matches: verifier === `right ${password}`, outdated: false }),
} as Passwords;

export interface TestServer {
  readonly authenticator: Authenticator;
  readonly keys: KeyRing;
  readonly devices: DeviceLog;
  stop(): Promise<void>;
}

export async function startServer(
  ground: SharedGround,
  meshPassword = 'a password of the mesh',
  meshId = 'test',
): Promise<TestServer> {
  const { clock } = ground;
  const logger = silentLogger;
  const sealing = new SecretBox(meshId, meshPassword, 'signing-key');
  const onChange = (listener: () => void) => {
    ground.changed.add(listener);
    return () => void ground.changed.delete(listener);
  };
  const keyStore: SigningKeyStore = {
    all: () => ground.keys.values(),
    onChange,
    add: async (key, unusable) => {
      const middle = (key.signs_from + key.signs_until) / 2;
      const there = [...ground.keys.values()].some(({ id, signs_until }) => signs_until > middle && !unusable.includes(id));
      if (!there) ground.keys.set(key.id, key);
      ground.store();
    },
  };
  const revocationStore: RevocationStore = {
    all: () => ground.revocations.values(),
    onChange,
    add: async (revocations) => {
      ground.store();
      for (const each of revocations) ground.revocations.set(each.id, each);
    },
  };
  const users: AuthUsers = {
    bySignIn: (signIn) => ground.users.get(signIn),
    get: (userId) => ground.users.get(userId),
    all: () => ground.users.values(),
    onChange: (listener) => {
      ground.usersChanged.add(listener);
      return () => void ground.usersChanged.delete(listener);
    },
    replaceVerifier: async (userId, _before, verifier) => void ground.setUser(userId, { verifier }),
  };
  const hearOwn = (told: { revocations: readonly Revocation[] }) => {
    for (const each of heard) each(told);
  };
  const heard: ((told: { revocations: readonly Revocation[] }) => void)[] = [];
  ground.hearers.add(hearOwn);
  const mesh = {
    broadcast: (_contract: unknown, told: { revocations: readonly Revocation[] }) => {
      for (const hearer of ground.hearers) if (hearer !== hearOwn) hearer(structuredClone(told));
    },
    on: (_contract: unknown, handler: (told: { revocations: readonly Revocation[] }) => void) => {
      heard.push(handler);
      return () => undefined;
    },
    addResync: () => () => undefined,
  } as unknown as Mesh;
  const day = 86_400_000;
  const keys = new KeyRing({ store: keyStore, sealing, clock, logger, keyMs: 30 * day, tokenMs: 30 * day });
  const revocations = new Revocations({ store: revocationStore, mesh, clock, logger, tokenMs: 30 * day });
  const devices = new DeviceLog({ store: { write: async (entries) => void ground.written.push(...entries) }, clock, logger });
  const authenticator = new Authenticator({
    users,
    passwords: cheapPasswords,
    throttle: new Throttle(clock),
    tokens: new TokenIssuer({ keys, meshId, accessMs: 600_000, refreshMs: 30 * day, clock }),
    nonces: new Nonces(new MeshKeys(meshId, meshPassword), clock),
    revocations,
    devices,
    clock,
    logger,
  });
  revocations.start();
  authenticator.start();
  await keys.start();
  return {
    authenticator,
    keys,
    devices,
    async stop() {
      keys.stop();
      revocations.stop();
      authenticator.stop();
      ground.hearers.delete(hearOwn);
      await devices.stop();
    },
  };
}

/** A device with a key of its own. */
export class TestDevice {
  readonly id: DeviceId;
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  constructor(id = 'device-1') {
    this.id = id as DeviceId;
  }

  get key(): DeviceKey {
    const { x, y } = this.#pair.publicKey.export({ format: 'jwk' });
    return { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' };
  }

  get about() {
    return { id: this.id, kind: 'browser' as const, name: 'Firefox' };
  }

  sign(text: string): string {
    return sign('sha256', Buffer.from(text), { key: this.#pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }

  signIn({ authenticator }: Pick<TestServer, 'authenticator'>, name: string, password = name, address = '192.0.2.1') {
    return authenticator.signIn({ signIn: name, password, device: this.about, key: this.key as never }, address);
  }

  refresh(
    { authenticator }: Pick<TestServer, 'authenticator'>,
    refreshToken: string,
    nonce = authenticator.nonce(),
    signature = this.sign(nonce),
  ) {
    return authenticator.refresh({ refreshToken, nonce, signature });
  }
}
