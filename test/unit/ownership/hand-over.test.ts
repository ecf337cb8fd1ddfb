import assert from 'node:assert/strict';
import type { UserId } from '#shared/ids.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { HandOverParts, inGroups } from '#ucserver/ownership/hand-over.ts';

const ann = 'ann' as UserId;

describe('hand-over', () => {
  it('carries the parts that have something, under their names', () => {
    const [from, to] = [new HandOverParts(silentLogger), new HandOverParts(silentLogger)];
    const imported: unknown[] = [];
    from.add('manual', { export: () => ({ state: 'busy' }), import: () => undefined });
    from.add('nothing', { export: () => undefined, import: () => undefined });
    to.add('manual', { export: () => undefined, import: (userId, part) => imported.push([userId, part]) });
    const handOver = from.export(ann);
    assert.deepEqual(handOver, { manual: { state: 'busy' } });
    to.import(ann, handOver);
    assert.deepEqual(imported, [[ann, { state: 'busy' }]]);
  });

  it('goes on with the other parts when one fails', () => {
    const parts = new HandOverParts(silentLogger);
    const imported: unknown[] = [];
    const fails = (): never => {
      throw new Error('broken');
    };
    parts.add('broken', { export: fails, import: fails });
    parts.add('good', { export: () => 1, import: (_, part) => imported.push(part) });
    assert.deepEqual(parts.export(ann), { good: 1 });
    parts.import(ann, { broken: 0, good: 2, unknown: 3 });
    assert.deepEqual(imported, [2]);
  });

  it('refuses a second part of the same name', () => {
    const parts = new HandOverParts(silentLogger);
    const part = { export: () => undefined, import: () => undefined };
    const remove = parts.add('one', part);
    assert.throws(() => parts.add('one', part), /exists already/);
    remove();
    parts.add('one', part);
  });

  it('is grouped by number and by size', () => {
    const small = Array.from({ length: 120 }, (_, at) => ({ userId: `u${at}` as UserId, handOver: {} }));
    assert.deepEqual(
      inGroups(small).map(({ length }) => length),
      [50, 50, 20],
    );
    const large = Array.from({ length: 4 }, (_, at) => ({ userId: `u${at}` as UserId, handOver: { text: 'x'.repeat(60_000) } }));
    assert.deepEqual(
      inGroups(large).map(({ length }) => length),
      [1, 1, 1, 1],
    );
  });
});
