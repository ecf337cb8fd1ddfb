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
 * Room for the frames of one turn, used again for the next one unless a stream still needs what it was given. Buffers that are made
 * for each message are so many that those which outlive a garbage collection by chance take more memory than all sessions.
 */
export class FrameRoom {
  readonly #bytes: number;
  #room: Buffer | undefined;
  #used = 0;

  /** @param bytes larger frames, and what finds no room any more, are made by themselves. */
  constructor(bytes = 65_536) {
    this.#bytes = bytes;
  }

  /** The frame of a text, until {@link reuse} is called. */
  frame(text: string): Buffer {
    // Most texts are of one byte per letter; none has more than three.
    if (text.length * 3 + longestHeader > this.#bytes - this.#used) return textFrame(text);
    this.#room ??= Buffer.allocUnsafeSlow(this.#bytes);
    const from = this.#used;
    this.#used = writeFrame(this.#room, from, text, Buffer.byteLength(text));
    return this.#room.subarray(from, this.#used);
  }

  /** Nobody reads the frames made so far any more. */
  reuse(): void {
    this.#used = 0;
  }

  /** Somebody still reads frames made so far: the next ones get other room. */
  leave(): void {
    if (this.#used > 0) this.#room = undefined;
    this.#used = 0;
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
