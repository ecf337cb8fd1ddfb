import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { LifeFile, nextLife } from '#shared/cluster/life.ts';
import { runs } from '#test/support/effort.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

describe('life of a server', () => {
  it('is higher than every one before, and not lower than the time', () => {
    const life = fc.nat({ max: 2 ** 45 });
    fc.assert(
      fc.property(life, life, life, life, (stored, timeMs, seen, own) => {
        const next = nextLife({ stored, timeMs, seen, own });
        assert.ok(next > stored && next > seen && next > own && next >= timeMs);
        assert.equal(next, Math.max(stored + 1, timeMs, seen + 1, own + 1));
      }),
      { numRuns: runs(100) },
    );
  });

  it('is a whole number also when the time is not', () => {
    assert.equal(nextLife({ timeMs: 17.8, seen: 0, own: 0 }), 17);
  });

  it('is kept in the folder of the server, made when it is missing', () => {
    using folder = new TempFolder('life');
    const file = new LifeFile(folder.file('server', 'one'));
    assert.equal(file.read(), 0);
    file.write(1_767_600_000_000);
    file.write(1_767_600_000_001);
    assert.equal(new LifeFile(folder.file('server', 'one')).read(), 1_767_600_000_001);
  });

  it('is not guessed from a broken file', () => {
    using folder = new TempFolder('life');
    writeFileSync(folder.file('life'), 'nonsense');
    assert.throws(() => new LifeFile(folder.path).read(), /does not hold a number/);
  });
});
