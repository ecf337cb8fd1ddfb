import type { CredentialStore } from './client-store.ts';
import type { ClientClock } from './clock.ts';
import type { Device } from './device.ts';
import type { Capability } from './types.ts';

export interface ClientOptions {
  /** Origins of servers; one that answers is enough, the others are learned from it. The first is tried first. */
  readonly servers: readonly string[];
  /** Signs in as a device of this kind and name. */
  readonly device?: Omit<Device, 'id'>;
  readonly capabilities?: readonly Capability[];
  /** Default: in memory. */
  readonly store?: CredentialStore;
  readonly clock?: ClientClock;
  readonly fetch?: typeof globalThis.fetch;
  readonly WebSocket?: typeof globalThis.WebSocket;
  /** Numbers in [0, 1). */
  readonly random?: () => number;
}
