import assert from 'node:assert/strict';
import type { UserId } from '#shared/ids.ts';
import { Absence } from '#ucserver/sign-in/absence.ts';

const [ann, bob] = ['ann', 'bob'] as [UserId, UserId];
const rules = { goneAfterMs: 8_000, goneAfterQueueMs: 15_000 };

describe('absence', () => {
  it('gives up who is not back in time, with the time of the death', () => {
    const absence = new Absence(rules);
    absence.died([ann, bob], 1_000, 77_000);
    assert.ok(absence.isMissing(ann) && absence.isReturning(ann));
    absence.back(ann);
    assert.equal(absence.isMissing(ann), false);
    assert.deepEqual(absence.givenUp(8_999, false), []);
    assert.deepEqual(absence.givenUp(9_000, false), [{ users: [bob], sinceMs: 77_000 }]);
    assert.deepEqual(absence.givenUp(9_001, false), [], 'once only');
    assert.equal(absence.isMissing(bob), false);
    assert.ok(absence.isReturning(bob), 'who comes a little later is still one of many');
  });

  it('waits longer while returning people queue', () => {
    const absence = new Absence(rules);
    absence.died([ann], 0, 0);
    assert.deepEqual(absence.givenUp(9_000, true), []);
    assert.equal(absence.givenUp(9_100, false).length, 1);
    absence.died([bob], 20_000, 0);
    assert.equal(absence.givenUp(35_000, true).length, 1);
  });

  it('forgets after a minute who was on a dead server', () => {
    const absence = new Absence(rules);
    absence.died([ann], 0, 0);
    absence.givenUp(60_001, false);
    assert.equal(absence.isReturning(ann), false);
  });
});
