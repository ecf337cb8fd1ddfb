import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, type webcrypto } from 'node:crypto';
import { randomId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';

/** A key that signs tokens, as it is stored: the private half is sealed. Times are wall ms. */
export interface StoredKey {
  readonly id: string;
  readonly public_key: string;
  readonly private_key_sealed: string;
  readonly created_at: number;
  readonly signs_from: number;
  readonly signs_until: number;
  readonly valid_until: number;
}

/** Where the keys stand. */
export interface SigningKeyStore {
  /** Those this server has in memory. */
  all(): Iterable<StoredKey>;
  /** Adds it unless another server has just made one for the same time. @param unusable ids of keys that cannot be opened here. */
  add(key: StoredKey, unusable: readonly string[]): Promise<void>;
  onChange(listener: () => void): () => void;
}

/** Seals private keys; the context is the key's id. */
export interface Sealing {
  seal(plain: Uint8Array, context: string): Buffer;
  open(sealed: Uint8Array, context: string): Buffer;
}

export interface KeyRingOptions {
  readonly store: SigningKeyStore;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long one key signs. */
  readonly keyMs: number;
  /** How long the longest-lived token holds. */
  readonly tokenMs: number;
}

interface Key {
  readonly stored: StoredKey;
  readonly publicKey: KeyObject;
  readonly privateKey: webcrypto.CryptoKey;
}

export interface SigningKey {
  readonly id: string;
  readonly privateKey: webcrypto.CryptoKey;
}

const checkEveryMs = 3_600_000;
const retryMs = 5_000;
/** The next key is made this share of a key's time before it signs, so that every server has it by then. */
const aheadShare = 1 / 30;

/** The Ed25519 keys by which all servers sign and recognise tokens. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  readonly #keys = new Map<string, Key>();
  #unlisten: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** Takes the known keys and sees to it that there is a next one; without SQL it goes on with those it has. */
  async start(): Promise<void> {
    this.#unlisten = this.#options.store.onChange(() => this.#load());
    this.#load();
    await this.#ensureNext();
  }

  stop(): void {
    this.#unlisten?.();
    this.#timer?.stop();
  }

  /**
   * The key that signs now; if its successor could not be made, it goes on beyond its time.
   * @throws UCError `STORAGE_UNAVAILABLE` when there is none yet.
   */
  current(): SigningKey {
    const nowMs = this.#options.clock.wallMs();
    const byAge = [...this.#keys.values()].sort((a, b) => b.stored.signs_from - a.stored.signs_from);
    const key = byAge.find(({ stored }) => stored.signs_from <= nowMs) ?? byAge.at(-1);
    if (!key) throw new UCError('STORAGE_UNAVAILABLE', 'There is no key to sign with yet.');
    return { id: key.stored.id, privateKey: key.privateKey };
  }

  /** The public half; undefined when unknown or no longer valid. */
  publicKey(id: string): KeyObject | undefined {
    const key = this.#keys.get(id);
    return key && key.stored.valid_until > this.#options.clock.wallMs() ? key.publicKey : undefined;
  }

  #load(): void {
    const stored = new Map([...this.#options.store.all()].map((key) => [key.id, key]));
    for (const id of this.#keys.keys()) if (!stored.has(id)) this.#keys.delete(id);
    for (const key of stored.values()) if (!this.#keys.has(key.id)) this.#open(key);
  }

  #open(stored: StoredKey): void {
    try {
      const der = this.#options.sealing.open(Buffer.from(stored.private_key_sealed, 'base64'), stored.id);
      const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      this.#keys.set(stored.id, {
        stored,
        privateKey: privateKey.toCryptoKey('Ed25519', false, ['sign']),
        publicKey: createPublicKey(privateKey),
      });
    } catch (error) {
      // Sealed with another mesh password: its tokens cannot be trusted here, a new key will be made.
      this.#options.logger.error('A signing key cannot be opened', { keyId: stored.id, error });
    }
  }

  async #ensureNext(): Promise<void> {
    const { clock, store, logger, keyMs } = this.#options;
    const last = Math.max(0, ...[...this.#keys.values()].map(({ stored }) => stored.signs_until));
    let nextCheckMs = Math.min(checkEveryMs, keyMs * aheadShare);
    try {
      const nowMs = clock.wallMs();
      if (last - nowMs <= keyMs * aheadShare) {
        const unusable = [...store.all()].map(({ id }) => id).filter((id) => !this.#keys.has(id));
        await store.add(this.#create(Math.max(last, nowMs)), unusable);
        this.#load();
      }
    } catch (error) {
      nextCheckMs = retryMs;
      logger.warn('No further signing key could be made yet', { error });
    }
    this.#timer = clock.after(nextCheckMs, () => void this.#ensureNext());
  }

  #create(signsFrom: number): StoredKey {
    const { clock, sealing, keyMs, tokenMs } = this.#options;
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const id = randomId();
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    return {
      id,
      public_key: JSON.stringify(publicKey.export({ format: 'jwk' })),
      private_key_sealed: sealing.seal(der, id).toString('base64'),
      created_at: clock.wallMs(),
      signs_from: signsFrom,
      signs_until: signsFrom + keyMs,
      valid_until: signsFrom + keyMs + tokenMs,
    };
  }
}
