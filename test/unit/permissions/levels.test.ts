import assert from 'node:assert/strict';
import fc from 'fast-check';
import { serverIdSchema, userIdSchema } from '#shared/ids.ts';
import { type PermissionLevel, permissionLevels, type Right, rightSchema } from '#shared/protocol/permissions.ts';
import { runs } from '#test/support/effort.ts';
import {
  type Card,
  type CardField,
  effectiveLevel,
  levelRank,
  mayDo,
  seesCardField,
  visibleCard,
  visiblePresence,
  type WholePresence,
} from '#ucserver/auth/permissions.ts';

const level = fc.constantFrom(...permissionLevels);

describe('the level of a watcher', () => {
  it('is the personal grant alone, also when that is less', () => {
    fc.assert(
      fc.property(level, fc.array(level), level, (personal, groups, companyDefault) => {
        assert.equal(effectiveLevel({ personal, groups, companyDefault }), personal);
      }),
      { numRuns: runs(100) },
    );
  });

  it('is else the highest of group grants and the company default', () => {
    fc.assert(
      fc.property(fc.array(level), level, (groups, companyDefault) => {
        const highest = Math.max(...[...groups, companyDefault].map(levelRank));
        assert.equal(levelRank(effectiveLevel({ groups, companyDefault })), highest);
      }),
      { numRuns: runs(100) },
    );
  });
});

describe('the table of levels', () => {
  const from = <T>(lowest: PermissionLevel, what: T) => ({ lowest, what });

  it('gives each right from its level on', () => {
    const rights = [
      from<Right>('public', 'chat'),
      from<Right>('business', 'call'),
      from<Right>('team', 'setPresence'),
      from<Right>('team', 'pickUp'),
      from<Right>('personal', 'setForwarding'),
    ];
    assert.deepEqual(rights.map(({ what }) => what).sort(), [...rightSchema.options].sort());
    for (const { lowest, what } of rights) {
      for (const each of permissionLevels)
        assert.equal(mayDo(each, what), levelRank(each) >= levelRank(lowest), `${what} at ${each}`);
    }
  });

  const card: Card = {
    userId: userIdSchema.parse('ann'),
    name: 'Ann',
    email: 'ann@example.com',
    pictureVersion: 3,
    title: 'Dr',
    company: 'C',
    department: 'D',
    workPhone: '1',
    office: 'O',
    address: 'A',
    mobile: '2',
    privatePhone: '3',
  };
  const cardFields: Record<CardField, PermissionLevel> = {
    name: 'blocked',
    email: 'blocked',
    pictureVersion: 'public',
    title: 'public',
    company: 'public',
    department: 'public',
    workPhone: 'public',
    office: 'business',
    address: 'business',
    mobile: 'team',
    privatePhone: 'personal',
  };

  it('shows each field of a card from its level on', () => {
    for (const each of permissionLevels) {
      const seen = visibleCard(card, each);
      assert.equal(seen.level, each);
      for (const [field, lowest] of Object.entries(cardFields) as [CardField, PermissionLevel][]) {
        const visible = levelRank(each) >= levelRank(lowest);
        const hidden = field === 'pictureVersion' ? 0 : undefined;
        assert.equal(seen[field], visible ? card[field] : hidden, `${field} at ${each}`);
        assert.equal(seesCardField(each, field), visible);
      }
    }
  });

  const presence: WholePresence = {
    userId: userIdSchema.parse('ann'),
    version: [1, serverIdSchema.parse('s1'), 1, 1],
    state: 'busy',
    since: 5,
    lastSeen: 4,
    capabilities: ['chat'],
    devices: ['desktop'],
    note: { text: 'Back soon' },
    activities: [
      { kind: 'inCall', with: 'Bob' },
      { kind: 'appointment', with: 'Review', until: 9 },
      { kind: 'appointment', with: 'Doctor', until: 8, private: true },
    ],
  };

  it('shows a blocked watcher nothing but that the state is unknown', () => {
    const { userId, version } = presence;
    assert.deepEqual(visiblePresence(presence, 'blocked'), { userId, version, level: 'blocked', state: 'unknown' });
  });

  it('shows the state from public, why from business, with whom from team, what is private to personal', () => {
    const { userId, version, state, since, lastSeen, capabilities, devices, note } = presence;
    const open = { userId, version, state, since, lastSeen, capabilities };
    assert.deepEqual(visiblePresence(presence, 'public'), { ...open, level: 'public' });
    assert.deepEqual(visiblePresence(presence, 'business'), {
      ...open,
      level: 'business',
      note,
      activities: [
        { kind: 'inCall' },
        { kind: 'appointment', with: 'Review', until: 9 },
        { kind: 'appointment', until: 8, private: true },
      ],
    });
    const team = visiblePresence(presence, 'team');
    assert.deepEqual(team.devices, devices);
    assert.deepEqual(
      team.activities?.map((activity) => activity.with),
      ['Bob', 'Review', undefined],
    );
    assert.deepEqual(visiblePresence(presence, 'personal'), {
      ...open,
      level: 'personal',
      note,
      devices,
      activities: presence.activities,
    });
  });
});
