import assert from 'node:assert/strict';
import { eventually, never } from '#test/support/eventually.ts';

describe('eventually', () => {
  it('answers what the look returned once it no longer throws or says false', async () => {
    let looks = 0;
    const result = await eventually(() => {
      looks++;
      if (looks === 1) throw new Error('not yet');
      return looks > 2 && looks;
    });
    assert.equal(result, 3);
  });

  it('names what was awaited and why it was not true', async () => {
    const waiting = eventually(() => assert.fail('nobody came'), { withinMs: 20, what: 'a visitor' });
    await assert.rejects(waiting, /Not true within 100 ms: a visitor \(nobody came\)/);
  });

  it('never fails at once when the thing happens', async () => {
    await assert.rejects(
      never(() => true, 10_000, 'a flicker'),
      /It happened: a flicker/,
    );
    await never(() => false, 20);
  });
});
