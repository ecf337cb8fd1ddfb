import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Incarnation, ServerId } from '#shared/ids.ts';
import { RollCall } from '#shared/mesh/roll-call.ts';
import { VersionedKeys } from '#shared/mesh/versioned-keys.ts';
import { runs } from '#test/support/effort.ts';

const changes = fc.array(
  fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), version: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }) }),
  { maxLength: 20 },
);

function keysAfter(made: readonly { key: string; version: number | undefined }[]): VersionedKeys<string> {
  const keys = new VersionedKeys<string>();
  for (const { key, version } of made) {
    if (version === undefined) keys.delete(key);
    else keys.set(key, version);
  }
  return keys;
}

describe('versioned keys', () => {
  it('have a digest that depends on what they hold, not on how that came to be', () => {
    fc.assert(
      fc.property(changes, (made) => {
        const keys = keysAfter(made);
        const anew = new VersionedKeys<string>();
        for (const [key, version] of [...keys.entries()].reverse()) anew.set(key, version);
        assert.deepEqual(anew.digest(), keys.digest());
        anew.set('e', 1);
        assert.notDeepEqual(anew.digest(), keys.digest());
      }),
      { numRuns: runs(200) },
    );
  });

  it('are read in pages, each once, in order', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 3 }), (made, limit) => {
        const keys = keysAfter(made);
        const read: string[] = [];
        for (let after: string | undefined, more = true; more; ) {
          const page = keys.page(after, limit);
          read.push(...page.keys);
          after = page.next;
          more = after !== undefined;
        }
        assert.deepEqual(read, [...keys.keys()].sort());
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('roll call', () => {
  it('finds what a peer held and names no more, unless it has changed meanwhile', () => {
    const peer: Incarnation = { serverId: 'one' as ServerId, life: 1 };
    const versions = new Map([
      ['kept', 1],
      ['gone', 2],
      ['changed', 3],
    ]);
    const calls = new RollCall<string>();
    calls.begin(peer, versions.entries());
    calls.named(peer, 'kept');
    versions.set('changed', 4);
    assert.deepEqual(
      calls.end(peer, (key) => versions.get(key)),
      ['gone'],
    );
    assert.deepEqual(
      calls.end(peer, (key) => versions.get(key)),
      [],
      'it is over',
    );
  });
});
