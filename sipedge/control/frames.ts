/** Frames of the drachtio control protocol: decimal length in bytes, `#`, that many bytes. */

/** Longest frame taken from an application. */
export const frameLimitBytes = 262_144;

/** The frame of a payload, both byte strings. */
export function frame(payload: string): string {
  return `${payload.length}#${payload}`;
}

/** Finds frames in a stream. */
export class FrameReader {
  readonly #limitBytes: number;
  #buffer = '';

  constructor(limitBytes: number = frameLimitBytes) {
    this.#limitBytes = limitBytes;
  }

  /**
   * Takes what has come, a byte string.
   *
   * @returns the payloads that are whole now; undefined when it is no frame, and the stream cannot be read any further
   */
  push(text: string): string[] | undefined {
    this.#buffer += text;
    const payloads: string[] = [];
    let begin = 0;
    for (;;) {
      const hash = this.#buffer.indexOf('#', begin);
      const digits = this.#buffer.slice(begin, hash < 0 ? undefined : hash);
      if (digits.length > 6 || !/^\d*$/.test(digits) || (hash >= 0 && digits === '')) return undefined;
      if (hash < 0) break;
      const length = Number(digits);
      if (length > this.#limitBytes) return undefined;
      if (this.#buffer.length < hash + 1 + length) break;
      payloads.push(this.#buffer.slice(hash + 1, hash + 1 + length));
      begin = hash + 1 + length;
    }
    if (begin > 0) this.#buffer = this.#buffer.slice(begin);
    return payloads;
  }
}
