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

  it('is used again only as far as nobody reads what was made', () => {
    const room = new FrameRoom(1_000);
    const first = room.frame('one');
    room.keep();
    const second = room.frame('two');
    room.reuse();
    const third = room.frame('six');
    assert.deepEqual([text(first), text(second)], ['one', 'six']);
    assert.equal(third.byteOffset, second.byteOffset);
    assert.equal(third.buffer, first.buffer);
  });

  it('is left to those who read from it when it is full', () => {
    const room = new FrameRoom(100);
    const texts = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(25));
    const frames = texts.map((each) => room.frame(each));
    assert.deepEqual(frames.map(text), texts);
    room.reuse();
    room.frame('x'.repeat(25));
    assert.equal(text(frames[0] as Buffer), texts[0]);
  });

  it('makes by itself what could be too large', () => {
    const room = new FrameRoom(100);
    const frames = ['x'.repeat(20), 'y'.repeat(90)].map((each) => room.frame(each));
    assert.deepEqual(frames.map(text), ['x'.repeat(20), 'y'.repeat(90)]);
  });
});
