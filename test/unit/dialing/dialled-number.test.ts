import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import { extensionOf, readDialled } from '#ucserver/dialing/dialled-number.ts';
import { type DialPlan, dialPlanSchema } from '#ucserver/dialing/plan-schema.ts';

const plan: DialPlan = dialPlanSchema.parse({
  sites: [
    { id: 'berlin', name: 'Berlin', country: 'DE', areaCode: '30', outsidePrefix: '0', emergencyNumbers: ['110', '112'] },
    { id: 'boston', name: 'Boston', country: 'US', emergencyNumbers: ['911'] },
  ],
  ranges: [{ prefix: '+4930123456', extensionDigits: 2 }],
  shortNumbers: [
    { number: '77', to: '+49 89 32168-0' },
    { number: '78', to: '20' },
  ],
  reachOfPrefix: [{ prefix: '+49191', reach: 'national' }],
});
const extensions = new Set(['20', '21', '4711']);
const read = (text: string, site = 0) => readDialled(text, plan, plan.sites[site] ?? raise(), (number) => extensions.has(number));
function raise(): never {
  throw new Error('no such site');
}
const external = (e164: string, reach: string) => ({ kind: 'external', e164, reach });

describe('dialled number', () => {
  const cases: [string, string, object, number?][] = [
    ['an extension', '4711', { kind: 'extension', extension: '4711' }],
    ['an emergency number', '112', { kind: 'emergency', number: '112' }],
    ['an emergency number behind the outside prefix', '0112', { kind: 'emergency', number: '112' }],
    ['an emergency number with separators', ' 1-1-0 ', { kind: 'emergency', number: '110' }],
    ['a number with area code', '0 030 901820', external('+4930901820', 'national')],
    ['a number of the own town without area code', '0 901820', external('+4930901820', 'national')],
    ['a mobile number', '00151 23456789', external('+4915123456789', 'mobile')],
    ['an international number', '000 43 1 588580', external('+431588580', 'international')],
    ['E.164 without the outside prefix', '+431588580', external('+431588580', 'international')],
    ['the (0) that is not dialled', '+49 (0)30 901820', external('+4930901820', 'national')],
    ['a tel: link with parameters', 'tel:+49-30-901820;phone-context=x', external('+4930901820', 'national')],
    ['digits of full width', '４７１１', { kind: 'extension', extension: '4711' }],
    ['a premium number', '0 0900 1234567', external('+499001234567', 'premium')],
    ['an international premium number', '+979123456789', external('+979123456789', 'premium')],
    ['a satellite phone', '+881612345678', external('+881612345678', 'premium')],
    ['a number whose reach the plan states', '0 0191 1234567', external('+491911234567', 'national')],
    ['the own outside number of somebody', '0 030 12345621', { kind: 'extension', extension: '21' }],
    ['the own outside number of nobody', '+493012345699', { kind: 'invalid', reason: 'unknownExtension' }],
    ['a short number to the outside', '77', external('+4989321680', 'national')],
    ['a short number to an extension', '78', { kind: 'extension', extension: '20' }],
    ['no extension and no outside prefix', '4712', { kind: 'invalid', reason: 'unknownExtension' }],
    ['nothing', ' ', { kind: 'invalid', reason: 'empty' }],
    ['letters', 'anna', { kind: 'invalid', reason: 'noNumber' }],
    ['a piece of a number', '0 030', { kind: 'invalid', reason: 'incomplete' }],
    ['a line of digits', '0'.repeat(40), { kind: 'invalid', reason: 'tooLong' }],
    ['a national number where nothing is dialled before it', '(617) 253-1000', external('+16172531000', 'national'), 1],
    ['an emergency number of another site', '110', { kind: 'invalid', reason: 'incomplete' }, 1],
  ];
  for (const [what, text, meant, site] of cases) {
    it(`reads ${what}: ${text.slice(0, 24)}`, () => deepEqual(read(text, site), meant));
  }

  it('reads any text, and gives out only numbers of E.164', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[+0-9 ()*#-]{0,20}$/)), (text) => {
        const dialled = read(text);
        if (dialled.kind === 'external') equal(/^\+[1-9][0-9]{4,16}$/.test(dialled.e164), true);
        if (dialled.kind === 'extension') equal(extensions.has(dialled.extension), true);
      }),
    );
  });

  it('finds the extension of an outside number only when its length fits', () => {
    equal(extensionOf('+493012345620', plan), '20');
    equal(extensionOf('+4930123456201', plan), undefined);
  });
});

describe('dial plan', () => {
  it('names each contradiction', () => {
    const site = { id: 'a', name: 'A', country: 'DE' };
    const wrong = dialPlanSchema.safeParse({ sites: [site, site], shortNumbers: [{ number: '112', to: '20' }] });
    deepEqual(
      wrong.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
      ['sites.1.id: Another site is "a".', 'shortNumbers.0.number: 112 is an emergency number.'],
    );
  });
  it('refuses a country and a time zone that do not exist', () => {
    const wrong = dialPlanSchema.safeParse({ sites: [{ id: 'a', name: 'A', country: 'XX', timeZone: 'Mars/Base' }] });
    deepEqual(
      wrong.error?.issues.map(({ path }) => path.join('.')),
      ['sites.0.country', 'sites.0.timeZone'],
    );
  });
});
