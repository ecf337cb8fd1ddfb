import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { IncarnationId } from '#shared/ids.ts';
import { type Envelope, EnvelopeSealer, maxEnvelopeBytes } from '#shared/mesh/envelope.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { runs } from '#test/support/effort.ts';

const one = 'one:1' as IncarnationId;
const two = 'two:7' as IncarnationId;
const sealer = new EnvelopeSealer(new MeshKeys('mesh', 'the password of the mesh'));
const letter: Envelope = { kind: 'stream', from: one, to: two, number: 42, sentMs: 1_234.56, payload: '{"text":"grüße\n🙂"}' };

describe('envelope', () => {
  it('opens as it was sealed', () => {
    assert.deepEqual(sealer.open(sealer.seal(letter), two, 'stream', 'ping'), letter);
  });

  it('is refused after any change of any byte, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.integer({ min: 1, max: 255 }), (payload, position, change) => {
        const bytes = sealer.seal({ ...letter, payload });
        const at = position % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ change;
        assert.equal(sealer.open(bytes, two, 'stream'), 'forged');
      }),
      { numRuns: runs(100) },
    );
  });

  it('is refused when it is cut short, empty or longer', () => {
    const bytes = sealer.seal(letter);
    for (const length of [0, 1, 31, 32, bytes.length - 1])
      assert.equal(sealer.open(bytes.subarray(0, length), two, 'stream'), 'forged');
    assert.equal(sealer.open(Buffer.concat([bytes, Buffer.from('x')]), two, 'stream'), 'forged');
  });

  it('is refused from another mesh: other password, or other id', () => {
    for (const keys of [new MeshKeys('mesh', 'another password'), new MeshKeys('other', 'the password of the mesh')]) {
      assert.equal(sealer.open(new EnvelopeSealer(keys).seal(letter), two, 'stream'), 'forged');
    }
  });

  it('is refused when it is for somebody else, for an earlier life, or of another kind', () => {
    const bytes = sealer.seal(letter);
    assert.equal(sealer.open(bytes, one, 'stream'), 'notForUs');
    assert.equal(sealer.open(bytes, 'two:8' as IncarnationId, 'stream'), 'notForUs');
    assert.equal(sealer.open(bytes, two, 'ask', 'answer', 'ping'), 'notForUs');
  });

  it('is refused above 256 KiB before anything is computed', () => {
    assert.equal(sealer.open(Buffer.alloc(maxEnvelopeBytes + 1), two, 'stream'), 'tooLarge');
    const payload = 'x'.repeat(maxEnvelopeBytes - sealer.seal({ ...letter, payload: '' }).length);
    assert.equal(typeof sealer.open(sealer.seal({ ...letter, payload }), two, 'stream'), 'object');
  });
});
