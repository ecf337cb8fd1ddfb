import assert from 'node:assert/strict';
import { entryIdSchema, timeOrderedId } from '#shared/ids.ts';

describe('time-ordered ids', () => {
  it('are ids, all different, and sort by their time', () => {
    const times = [0, 1, 63, 64, 1_767_600_000_000, 1_767_600_000_001, 4_102_444_800_000, 2 ** 48 - 1];
    const ids = times.map((time) => timeOrderedId(time));
    for (const id of ids) assert.equal(entryIdSchema.parse(id).length, 22);
    assert.deepEqual([...ids].sort(), ids);
    assert.notEqual(timeOrderedId(5), timeOrderedId(5));
  });
});
