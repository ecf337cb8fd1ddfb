import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Presence, PresenceVersion, ServerId, UserId } from '#web/api/index.ts';
import { comparePresenceVersions, leaveOut, type Roster, takeIn } from '#web/api/roster.ts';

const ben = 'ben' as UserId;
const version = (term: number, server: string, life: number, seq: number): PresenceVersion => [
  term,
  server as ServerId,
  life,
  seq,
];
const presence = (at: PresenceVersion, state: Presence['state'] = 'available', stale?: true): Presence => ({
  userId: ben,
  version: at,
  level: 'business',
  state,
  ...(stale ? { stale } : {}),
});

const anyVersion = fc
  .tuple(fc.nat(3), fc.constantFrom('uc1', 'uc2'), fc.nat(3), fc.nat(3))
  .map(([term, server, life, seq]) => version(term, server, life, seq));

describe('web/api: roster', () => {
  it('orders versions by term, server, life and number', () => {
    const ascending = [
      version(1, 'uc2', 9, 9),
      version(2, 'uc1', 9, 9),
      version(2, 'uc2', 1, 9),
      version(2, 'uc2', 2, 0),
      version(2, 'uc2', 2, 1),
    ];
    assert.deepEqual([...ascending].reverse().sort(comparePresenceVersions), ascending);
  });

  it('shows the newest state in whatever order changes arrive', () => {
    fc.assert(
      fc.property(fc.array(anyVersion, { minLength: 1 }), (versions) => {
        const roster = versions.reduce<Roster>((known, at) => takeIn(known, [presence(at)]), new Map());
        const newest = [...versions].sort(comparePresenceVersions).at(-1);
        assert.deepEqual(roster.get(ben)?.version, newest);
      }),
    );
  });

  it('takes the same version again, because staleness has none of its own', () => {
    const known = takeIn(new Map(), [presence(version(1, 'uc1', 1, 1))]);
    assert.equal(takeIn(known, [presence(version(1, 'uc1', 1, 1), 'available', true)]).get(ben)?.stale, true);
  });

  it('takes an older version of another level, because each level has versions of its own', () => {
    const known = takeIn(new Map(), [presence(version(1, 'uc1', 1, 5))]);
    const lowered: Presence = { ...presence(version(1, 'uc1', 1, 2)), level: 'public' };
    assert.equal(takeIn(known, [lowered]).get(ben)?.level, 'public');
  });

  it('lets a new session begin with an older version, and only once', () => {
    const known = takeIn(new Map(), [presence(version(5, 'uc1', 1, 1))]);
    const again = takeIn(known, [presence(version(1, 'uc2', 1, 1), 'offline')], new Set([ben]));
    assert.equal(again.get(ben)?.state, 'offline');
  });

  it('is the same object when nothing is new', () => {
    const known = takeIn(new Map(), [presence(version(2, 'uc1', 1, 1))]);
    assert.equal(takeIn(known, [presence(version(1, 'uc1', 1, 1))]), known);
    assert.equal(leaveOut(known, ['nobody' as UserId]), known);
    assert.equal(leaveOut(known, [ben]).size, 0);
  });
});
