import { deepEqual, equal } from 'node:assert/strict';
import { type Caller, isNightLocked, whyRefused } from '#ucserver/dialing/call-permission.ts';
import type { Dialled } from '#ucserver/dialing/dialled-number.ts';
import { type ClassOfService, dialPlanSchema, type Reach, reaches } from '#ucserver/dialing/plan-schema.ts';

const [site] = dialPlanSchema.parse({
  sites: [{ id: 'a', name: 'A', country: 'DE', nightLock: { from: '20:00', to: '06:30', weekend: true, allows: 'national' } }],
}).sites;
if (site === undefined) throw new Error('a plan has a site');
const { nightLock: _lock, ...unlockedSite } = site;
const limits = { callsPerUser: 2, premiumCallsPerUser: 1 };
/** 2026-11-18 is a Wednesday; Berlin is one hour ahead of UTC. */
const noon = Date.UTC(2026, 10, 18, 11);
const midnight = Date.UTC(2026, 10, 18, 23);

const caller = (classOfService: ClassOfService, more: Partial<Caller> = {}): Caller => ({
  classOfService,
  site,
  calls: 0,
  premiumCalls: 0,
  ...more,
});
const to = (reach: Reach): Dialled =>
  reach === 'internal' ? { kind: 'extension', extension: '20' } : { kind: 'external', e164: '+4930901820', reach };

describe('call permission', () => {
  for (const [may, classOfService] of reaches.entries()) {
    for (const [asked, reach] of reaches.entries()) {
      it(`${asked <= may ? 'lets' : 'does not let'} class ${classOfService} make ${reach} calls`, () => {
        const refusal = whyRefused(to(reach), caller(classOfService), limits, noon);
        deepEqual(refusal, asked <= may ? undefined : { reason: 'classOfService', allowed: classOfService });
      });
    }
  }
  it('refuses at night what the lock does not allow', () => {
    deepEqual(whyRefused(to('mobile'), caller('premium'), limits, midnight), {
      reason: 'nightLock',
      allowed: 'national',
      until: '06:30',
    });
    equal(whyRefused(to('national'), caller('premium'), limits, midnight), undefined);
    equal(whyRefused(to('mobile'), caller('premium', { site: unlockedSite }), limits, midnight), undefined);
  });
  it('bounds the calls of one person', () => {
    deepEqual(whyRefused(to('internal'), caller('premium', { calls: 2 }), limits, noon), { reason: 'tooManyCalls', limit: 2 });
    deepEqual(whyRefused(to('premium'), caller('premium', { calls: 1, premiumCalls: 1 }), limits, noon), {
      reason: 'tooManyPremiumCalls',
      limit: 1,
    });
  });
  it('refuses no emergency call, whatever else holds', () => {
    const call: Dialled = { kind: 'emergency', number: '112' };
    equal(whyRefused(call, caller('internal', { calls: 99, premiumCalls: 99 }), limits, midnight), undefined);
  });
  it('says what is wrong with a number', () => {
    deepEqual(whyRefused({ kind: 'invalid', reason: 'noNumber' }, caller('premium'), limits, noon), {
      reason: 'number',
      problem: 'noNumber',
    });
  });
});

describe('night lock', () => {
  const at = (day: number, hour: number, minute = 0) => isNightLocked(site, Date.UTC(2026, 10, day, hour, minute));
  it('goes over midnight, by the clock of the site', () => {
    deepEqual([at(18, 18, 59), at(18, 19), at(19, 5, 29), at(19, 5, 30)], [false, true, true, false]);
  });
  it('lasts all weekend', () => deepEqual([at(21, 11), at(22, 11), at(23, 11)], [true, true, false]));
  it('knows summer time', () => equal(isNightLocked(site, Date.UTC(2026, 6, 15, 18, 30)), true));
  it('is off where none is set', () => equal(isNightLocked(unlockedSite, midnight), false));
});
