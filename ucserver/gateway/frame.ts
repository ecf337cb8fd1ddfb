const finalText = 0x81;
const length16 = 126;
const length64 = 127;
const longestHeader = 10;

/**
 * A text message as a server puts it on the wire (RFC 6455 section 5.2): one frame, neither masked nor compressed. Unlike what `ws`
 * makes for each connection, the same bytes can go to any number of them.
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headerBytes(length) + length);
  writeFrame(frame, 0, text, length);
  return frame;
}

/**
 * Room for the frames of one turn, used again for the next one as far as no stream still needs what it was given. Buffers that are
 * made for each message are so many that those which outlive a garbage collection by chance take more memory than all sessions.
 */
export class FrameRoom {
  readonly #bytes: number;
  #room: Buffer | undefined;
  #used = 0;
  /** What is before this stays as it is. */
  #kept = 0;

  /** @param bytes frames that could be larger than this are made by themselves. */
  constructor(bytes = 65_536) {
    this.#bytes = bytes;
  }

  /** The frame of a text, until {@link reuse} is called. */
  frame(text: string): Buffer {
    // Most texts are of one byte per letter; none has more than three.
    const most = text.length * 3 + longestHeader;
    if (most > this.#bytes) return textFrame(text);
    const room = this.#roomFor(most);
    const from = this.#used;
    this.#used = writeFrame(room, from, text, Buffer.byteLength(text));
    return room.subarray(from, this.#used);
  }

  /** Nobody reads the frames any more that were made since {@link keep} was called last. */
  reuse(): void {
    this.#used = this.#kept;
  }

  /** Somebody still reads frames made so far. */
  keep(): void {
    this.#kept = this.#used;
  }

  /** When there is none left, what was is given up to those who read from it. */
  #roomFor(bytes: number): Buffer {
    if (this.#room && bytes <= this.#bytes - this.#used) return this.#room;
    this.#used = 0;
    this.#kept = 0;
    this.#room = Buffer.allocUnsafeSlow(this.#bytes);
    return this.#room;
  }
}

function headerBytes(length: number): number {
  return length < length16 ? 2 : length < 0x1_0000 ? 4 : longestHeader;
}

/** @returns where the frame ends */
function writeFrame(into: Buffer, at: number, text: string, length: number): number {
  const header = headerBytes(length);
  into[at] = finalText;
  if (header === 2) {
    into[at + 1] = length;
  } else if (header === 4) {
    into[at + 1] = length16;
    into.writeUInt16BE(length, at + 2);
  } else {
    into[at + 1] = length64;
    into.writeBigUInt64BE(BigInt(length), at + 2);
  }
  into.write(text, at + header);
  return at + header + length;
}
