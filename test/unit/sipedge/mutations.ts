import fc from 'fast-check';
import { runs } from '#test/support/effort.ts';

const pieces = [
  '\r\n',
  '\r',
  '\n',
  '\0',
  ':',
  ';',
  ',',
  '"',
  '<',
  '>',
  '|',
  '\\',
  ' ',
  '\t',
  '@',
  '%',
  '\xff',
  '=',
  'sip:',
  'SIP/2.0',
  '9'.repeat(40),
];

/** How one text is made of another: at a place, some characters are taken out and a piece is put in. */
const change = fc.record({ at: fc.nat(4_000), remove: fc.nat(12), insert: fc.option(fc.constantFrom(...pieces), { nil: '' }) });

/** Texts that are almost right, always the same ones for one budget; a long run takes ten times as many. */
export function fuzzed(examples: readonly string[], budget: number): string[] {
  const text = fc
    .tuple(fc.constantFrom(...examples), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([example, changes]) =>
      changes.reduce((made, { at, remove, insert }) => {
        const place = at % (made.length + 1);
        return made.slice(0, place) + insert + made.slice(place + remove);
      }, example),
    );
  return fc.sample(text, { numRuns: runs(budget), seed: 4_475 });
}
