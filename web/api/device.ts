import { randomId } from '#shared/random-id.ts';
import type { CredentialStore } from './client-store.ts';
import type { DeviceFields, DeviceId } from './types.ts';

/** This device as the servers know it; its id stays the same until the store is cleared. */
export type Device = DeviceFields;

/** The device of this store, made at the first call. A changed name (a browser update) is taken over. */
export async function deviceOf(store: CredentialStore, wanted: Omit<Device, 'id'>): Promise<Device> {
  const known = await store.get('device');
  const device: Device = { ...wanted, id: known?.id ?? (randomId() as DeviceId) };
  if (known?.id !== device.id || known.name !== device.name || known.kind !== device.kind) await store.set('device', device);
  return device;
}
