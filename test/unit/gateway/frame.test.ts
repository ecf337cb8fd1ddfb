import assert from 'node:assert/strict';
import { textFrame } from '#ucserver/gateway/frame.ts';

/** Header by length of the text in bytes, RFC 6455 section 5.2. */
const headers: readonly (readonly [length: number, header: readonly number[]])[] = [
  [0, [0x81, 0]],
  [125, [0x81, 125]],
  [126, [0x81, 126, 0, 126]],
  [65_535, [0x81, 126, 0xff, 0xff]],
  [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
];

describe('a text frame', () => {
  for (const [length, header] of headers) {
    it(`of ${length} bytes says how long it is`, () => {
      const frame = textFrame('x'.repeat(length));
      assert.deepEqual([...frame.subarray(0, header.length)], header);
      assert.equal(frame.toString('utf8', header.length), 'x'.repeat(length));
    });
  }

  it('counts bytes, not letters', () => {
    const frame = textFrame('ü'.repeat(63));
    assert.deepEqual([...frame.subarray(0, 4)], [0x81, 126, 0, 126]);
    assert.equal(frame.toString('utf8', 4), 'ü'.repeat(63));
  });
});
