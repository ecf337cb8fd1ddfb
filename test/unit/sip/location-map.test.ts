import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Incarnation, ServerId, UserId } from '#shared/ids.ts';
import type { DeviceBinding, DeviceRecord } from '#shared/mesh/contracts/phones.ts';
import { runs } from '#test/support/effort.ts';
import { LocationMap } from '#ucserver/sip/location-map.ts';

const incarnation = (serverId: string, life = 1): Incarnation => ({ serverId: serverId as ServerId, life });
const one = incarnation('one');
const two = incarnation('two');
const ann = 'ann' as UserId;

function binding(contact: string, more: Partial<DeviceBinding> = {}): DeviceBinding {
  return { contact, path: [], protocol: 'udp', source: { host: '192.0.2.1', port: 5060 }, since: 0, ...more };
}

function at(deviceId: string, version: number, ...bindings: DeviceBinding[]): DeviceRecord {
  return { deviceId, userId: ann, version, bindings };
}

const reached = (map: LocationMap) =>
  map.locationsOf(ann).flatMap(({ host, bindings }) => bindings.map(({ contact }) => `${contact} over ${host.serverId}`));

describe('location map', () => {
  it('finds the devices of a user over all servers, and none that have gone', () => {
    const map = new LocationMap();
    map.apply(one, at('desk', 1, binding('sip:desk')));
    map.apply(two, at('mobile', 1, binding('sip:mobile')));
    assert.deepEqual(reached(map).sort(), ['sip:desk over one', 'sip:mobile over two']);
    assert.equal(map.apply(one, at('desk', 2))?.location, undefined);
    assert.deepEqual(reached(map), ['sip:mobile over two']);
    assert.equal(map.apply(one, at('desk', 1, binding('sip:desk'))), undefined, 'what is older comes too late');
  });

  it('has a device where it registered last, unless it keeps two flows', () => {
    const map = new LocationMap();
    const flow = (regId: number) => ({ flow: { instance: 'urn:x', regId } });
    map.apply(one, at('desk', 1, binding('sip:desk')));
    map.apply(two, at('desk', 2, binding('sip:desk')));
    map.apply(one, at('mobile', 1, binding('sip:a', flow(1))));
    map.apply(two, at('mobile', 2, binding('sip:b', flow(2))));
    assert.deepEqual(reached(map).sort(), ['sip:a over one', 'sip:b over two', 'sip:desk over two']);
    map.apply(one, at('mobile', 3, binding('sip:c', flow(2))));
    assert.deepEqual(reached(map).sort(), ['sip:c over one', 'sip:desk over two']);
  });

  it('keeps of a dead server what is reached by UDP, marked, until it is forgotten or replaced', () => {
    const map = new LocationMap();
    map.apply(one, at('desk', 1, binding('sip:desk')));
    map.apply(one, at('mobile', 1, binding('sip:mobile', { protocol: 'tls' })));
    map.orphan(one);
    assert.deepEqual(
      map.locationsOf(ann).map(({ deviceId, isOrphaned }) => [deviceId, isOrphaned]),
      [['desk', true]],
    );
    assert.deepEqual(map.digest(one), { count: 0, hash: 0 });
    map.apply(incarnation('one', 2), at('desk', 5, binding('sip:desk')));
    assert.deepEqual(
      map.locationsOf(ann).map(({ host, isOrphaned }) => [host.life, isOrphaned]),
      [[2, false]],
    );
    assert.deepEqual(
      map.forget(one).map(({ deviceId }) => deviceId),
      ['desk'],
    );
    assert.equal(map.locationsOf(ann).length, 1);
  });

  it('is the same whatever the order in which servers are heard, and however often', () => {
    const records = fc.array(
      fc.record({
        host: fc.constantFrom(one, two),
        deviceId: fc.constantFrom('desk', 'mobile'),
        version: fc.integer({ min: 1, max: 6 }),
        isThere: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (made, order) => {
        // One version of one device at one server is one record.
        const told = new Map(made.map((each) => [`${each.host.serverId} ${each.deviceId} ${each.version}`, each]));
        const apply = (map: LocationMap, { host, deviceId, version, isThere }: (typeof made)[number]) =>
          map.apply(host, at(deviceId, version, ...(isThere ? [binding(`sip:${version}`)] : [])));
        const straight = new LocationMap();
        for (const each of told.values()) apply(straight, each);
        const shuffled = new LocationMap();
        const twice = [...told.values(), ...told.values()].map((each) => ({ each, key: order.next().value ?? 0 }));
        for (const { each } of twice.sort((a, b) => a.key - b.key)) apply(shuffled, each);
        assert.deepEqual(reached(shuffled).sort(), reached(straight).sort());
        for (const host of [one, two]) assert.deepEqual(shuffled.digest(host), straight.digest(host));
      }),
      { numRuns: runs(300) },
    );
  });

  it('tells its devices in pages from which another map becomes the same', () => {
    const map = new LocationMap();
    for (let index = 0; index < 7; index++) map.apply(one, at(`device${index}`, index + 1, binding(`sip:${index}`)));
    const other = new LocationMap();
    for (let after: string | undefined, more = true; more; ) {
      const { items, next } = map.page(one, after, 3);
      for (const item of items) other.apply(one, item);
      after = next;
      more = after !== undefined;
    }
    assert.deepEqual(other.digest(one), map.digest(one));
    assert.deepEqual(reached(other).sort(), reached(map).sort());
  });
});
