import assert from 'node:assert/strict';
import { FrameRoom, textFrame } from '#ucserver/gateway/frame.ts';

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

describe('room for frames', () => {
  const text = (frame: Buffer) => frame.toString('utf8', 2);

  it('makes the same frames, one after the other', () => {
    const room = new FrameRoom(1_000);
    const [first, second] = [room.frame('one'), room.frame('zwölf')];
    assert.deepEqual([first, second], [textFrame('one'), textFrame('zwölf')]);
    assert.equal(first.buffer, second.buffer);
  });

  it('is used again only when nobody reads what was made', () => {
    const room = new FrameRoom(1_000);
    const first = room.frame('one');
    room.leave();
    const second = room.frame('two');
    assert.equal(text(first), 'one');
    room.reuse();
    const third = room.frame('six');
    assert.equal(third.buffer, second.buffer);
    assert.equal(text(second), 'six');
  });

  it('makes by itself what does not fit', () => {
    const room = new FrameRoom(100);
    const frames = ['x'.repeat(20), 'y'.repeat(20), 'z'.repeat(90)].map((each) => room.frame(each));
    assert.deepEqual(frames.map(text), ['x'.repeat(20), 'y'.repeat(20), 'z'.repeat(90)]);
  });
});
