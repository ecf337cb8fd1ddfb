import assert from 'node:assert/strict';
import type { Presence, UserId } from '#web/api/index.ts';
import { endOf } from '#web/client/presence/ending.ts';
import { presenceLine } from '#web/client/presence/presence-words.ts';
import { wordsIn } from '#web/ui/text.ts';

const now = Date.UTC(2026, 0, 5, 9);
const presence = (more: Partial<Presence>): Presence => ({
  userId: 'ben' as UserId,
  version: [1, 'uc1' as never, 1, 1],
  level: 'team',
  state: 'available',
  ...more,
});

describe('web client: presence in words', () => {
  const english = wordsIn('en', 'UTC');
  const german = wordsIn('de', 'UTC');

  it('says what somebody is and why', () => {
    assert.equal(presenceLine(english, presence({}), now), 'Available');
    const call = presence({ state: 'busy', activities: [{ kind: 'inCall', with: 'Eva' }] });
    assert.equal(presenceLine(english, call, now), 'Busy · in a call with Eva');
    const appointment = presence({ state: 'busy', activities: [{ kind: 'appointment', until: now + 3_600_000 }] });
    assert.equal(presenceLine(german, appointment, now), 'Beschäftigt · Termin bis 10:00');
  });

  it('says how far it can be trusted and when somebody was last seen', () => {
    assert.equal(presenceLine(english, presence({ stale: true }), now), 'Available · not up to date');
    assert.equal(
      presenceLine(english, presence({ state: 'offline', lastSeen: now - 7_200_000 }), now),
      'Offline · last seen 2 hours ago',
    );
    assert.equal(presenceLine(english, undefined, now), 'Presence is loading');
  });

  it('knows when something set by hand ends, and refuses a time that is not ahead', () => {
    assert.equal(endOf({ ending: 'never', chosen: '' }, now), undefined);
    assert.equal(endOf({ ending: 'hour', chosen: '' }, now), now + 3_600_000);
    assert.throws(() => endOf({ ending: 'chosen', chosen: '2020-01-01T00:00' }, now), RangeError);
    assert.throws(() => endOf({ ending: 'chosen', chosen: 'never' }, now), RangeError);
  });
});
