import assert from 'node:assert/strict';
import { CompactSet } from '#shared/compact-set.ts';

describe('a compact set', () => {
  for (const size of [3, 200]) {
    const numbers = Array.from({ length: size }, (_, index) => index);
    const filled = () => {
      const set = new CompactSet(0);
      for (const number of numbers) set.add(number);
      return set;
    };

    it(`holds each of ${size} elements once`, () => {
      const set = filled();
      for (const number of numbers) set.add(number);
      assert.equal(set.size, size);
      assert.deepEqual(
        set.toArray().sort((a, b) => a - b),
        numbers,
      );
      assert.equal(set.has(size - 1), true);
      assert.equal(set.has(size), false);
    });

    it(`gives up one of ${size}`, () => {
      const set = filled();
      assert.equal(set.delete(1), true);
      assert.equal(set.delete(1), false);
      assert.equal(set.has(1), false);
      assert.equal(set.size, size - 1);
    });

    it(`calls for each of ${size}, whichever of them are taken out meanwhile`, () => {
      for (const taken of numbers) {
        const set = filled();
        const called = new Set<number>();
        set.each((number) => {
          called.add(number);
          set.delete((number + taken) % size);
        });
        for (const number of numbers) assert.equal(called.has(number) || !set.has(number), true);
      }
    });
  }

  it('knows a text by what it says', () => {
    const set = new CompactSet('ann');
    set.add(['a', 'n', 'n'].join(''));
    assert.deepEqual(set.toArray(), ['ann']);
  });
});
