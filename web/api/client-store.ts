import type { Device } from './device.ts';
import type { DeviceKey } from './device-key.ts';
import type { NewMessage } from './outgoing-queue.ts';
import type { ConversationId, Draft, FileId, ServerAddress, UserId } from './types.ts';

/** What proves a device: the refresh token and the key it is bound to. The key's private half cannot be read, only used. */
export interface Credentials {
  readonly userId: UserId;
  readonly refreshToken: string;
  /** Milliseconds since 1970, by the server's clock. */
  readonly refreshEndsAt: number;
  readonly key: DeviceKey;
}

/** A message that has not been acknowledged yet, kept so that a reload of the page loses no text. */
export interface KeptMessage extends NewMessage {
  readonly userId: UserId;
  /** With whom the conversation is. */
  readonly partner: UserId;
  /** Of a group, which has no single partner. */
  readonly conversationId?: ConversationId;
}

/** An upload that has begun, kept so that it goes on after a reload when the person gives the same file again. */
export interface KeptUpload {
  readonly userId: UserId;
  /** Name, size and time of change of the file. */
  readonly fingerprint: string;
  readonly fileId: FileId;
  readonly at: number;
}

/** A draft that no server has yet. */
export interface KeptDraft extends Draft {
  readonly userId: UserId;
}

export interface StoredValues {
  device: Device;
  servers: readonly ServerAddress[];
  credentials: Credentials;
  outgoing: readonly KeptMessage[];
  drafts: readonly KeptDraft[];
  uploads: readonly KeptUpload[];
}

/** Where a client keeps what must outlive it. Values are stored as they are (structured clone), keys stay non-extractable. */
export interface CredentialStore {
  get<K extends keyof StoredValues>(key: K): Promise<StoredValues[K] | undefined>;
  set<K extends keyof StoredValues>(key: K, value: StoredValues[K]): Promise<void>;
  remove(key: keyof StoredValues): Promise<void>;
  /** Runs `act` while no other client of this store runs one of the same name (several tabs share one store). */
  exclusively<T>(name: string, act: () => Promise<T>): Promise<T>;
}

/** Keeps everything in memory: for tests and programs that sign in with a password each time. */
export class MemoryCredentialStore implements CredentialStore {
  readonly #values: Partial<StoredValues> = {};
  readonly #tails = new Map<string, Promise<unknown>>();

  async get<K extends keyof StoredValues>(key: K): Promise<StoredValues[K] | undefined> {
    return this.#values[key] as StoredValues[K] | undefined;
  }

  async set<K extends keyof StoredValues>(key: K, value: StoredValues[K]): Promise<void> {
    (this.#values as StoredValues)[key] = value;
  }

  async remove(key: keyof StoredValues): Promise<void> {
    delete this.#values[key];
  }

  async exclusively<T>(name: string, act: () => Promise<T>): Promise<T> {
    const turn = (this.#tails.get(name) ?? Promise.resolve()).then(act, act);
    this.#tails.set(name, turn);
    return turn;
  }
}
