import { randomInt } from 'node:crypto';
import { saysTheSame, withOrigin } from './sdp.ts';

/**
 * Whoever stands behind a leg may change, but what is sent to a device comes from one source: one session id, with a version that
 * rises with each change (RFC 8866 5.2). Some devices ignore descriptions that do otherwise.
 */
export class LegOrigin {
  readonly #session = String(randomInt(2 ** 40));
  #version = 0;
  #last: string | undefined;

  /** What was sent last. */
  get last(): string | undefined {
    return this.#last;
  }

  /** The description as it is to be sent. */
  describe(sdp: string): string {
    if (this.#last !== undefined && saysTheSame(this.#last, sdp)) return this.#last;
    this.#version += 1;
    this.#last = withOrigin(sdp, this.#session, this.#version);
    return this.#last;
  }
}
