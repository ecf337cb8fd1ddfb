import type { SipRegistration } from '#shared/protocol/phones.ts';
import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { SipDevices } from './devices.ts';
import type { DeviceLocation, Locations } from './location-map.ts';

/** What clients can ask about their phones. */
export function registerPhoneMethods(
  dispatcher: Pick<Dispatcher, 'register'>,
  devices: SipDevices,
  locations: Pick<Locations, 'locationsOf'>,
): void {
  dispatcher.register('phones.list', (_params, { userId }) => {
    const located = locations.locationsOf(userId);
    const registrationsOf = (id: string) => located.filter(({ deviceId }) => deviceId === id).flatMap(registrations);
    return { devices: devices.list(userId).map((device) => ({ ...device, registrations: registrationsOf(device.id) })) };
  });
  dispatcher.register('phones.create', (params, { userId }) => devices.create(userId, params));
  dispatcher.register('phones.renewSecret', ({ id }, { userId }) => devices.renew(userId, id));
  dispatcher.register('phones.revoke', (params, { userId }) => devices.revoke(userId, params));
}

/** What is tried of a dead server is no registration. */
function registrations({ host: { serverId }, bindings, isOrphaned }: DeviceLocation): SipRegistration[] {
  return isOrphaned ? [] : bindings.map(({ since, userAgent, protocol }) => ({ serverId, since, userAgent, protocol }));
}
