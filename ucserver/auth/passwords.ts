import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** Cost of argon2id (RFC 9106); `memory` in KiB. */
interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

const cost: Cost = { memory: 65_536, passes: 3, parallelism: 1 };
const tagBytes = 32;
const saltBytes = 16;

export interface PasswordsOptions {
  readonly hashesAtOnce: number;
  readonly hashesWaiting: number;
  readonly clock: Clock;
}

export interface Verdict {
  readonly matches: boolean;
  /** The verifier was made with other costs than are used now: store a new one. */
  readonly outdated: boolean;
}

/**
 * Makes and checks password verifiers, only so many at a time: a hash is heavy on purpose. Verifiers are text in the PHC string
 * format, so each says how it was made.
 */
export class Passwords {
  readonly #options: PasswordsOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Running mean of what one hash takes. */
  #hashMs = 150;

  constructor(options: PasswordsOptions) {
    this.#options = options;
  }

  /** @throws UCError `BUSY` when too many wait already. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(saltBytes);
    const tag = await this.#derive(password, salt, cost, tagBytes);
    return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(salt)}$${base64(tag)}`;
  }

  /**
   * Compares; without a verifier it takes as long and says no, so that nobody learns who has an account.
   * @throws UCError `BUSY` when too many wait already.
   */
  async verify(password: string, verifier: string | null): Promise<Verdict> {
    const known = verifier === null ? undefined : parse(verifier);
    if (!known) {
      await this.#derive(password, randomBytes(saltBytes), cost, tagBytes);
      return { matches: false, outdated: false };
    }
    const tag = await this.#derive(password, known.salt, known.cost, known.tag.length);
    return { matches: timingSafeEqual(tag, known.tag), outdated: !sameCost(known.cost, cost) };
  }

  async #derive(password: string, nonce: Buffer, { memory, passes, parallelism }: Cost, tagLength: number): Promise<Buffer> {
    await this.#turn();
    const beganMs = this.#options.clock.monotonicMs();
    try {
      const message = Buffer.from(password.normalize('NFC'));
      return await new Promise((resolve, reject) => {
        argon2('argon2id', { message, nonce, memory, passes, parallelism, tagLength }, (error, tag) => {
          if (error) reject(error);
          else resolve(tag);
        });
      });
    } finally {
      this.#hashMs += (this.#options.clock.monotonicMs() - beganMs - this.#hashMs) / 8;
      // The place goes straight to whoever has waited longest.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  async #turn(): Promise<void> {
    const { hashesAtOnce, hashesWaiting } = this.#options;
    if (this.#running < hashesAtOnce) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= hashesWaiting) {
      const retryAfterMs = Math.ceil((this.#hashMs * (this.#waiting.length + 1)) / hashesAtOnce);
      throw new UCError('BUSY', 'Too many people are signing in right now.', { retryAfterMs });
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

function parse(verifier: string): { cost: Cost; salt: Buffer; tag: Buffer } | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(
    verifier,
  );
  if (!match) return undefined;
  const [, memory, passes, parallelism, salt, tag] = match;
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt ?? '', 'base64'),
    tag: Buffer.from(tag ?? '', 'base64'),
  };
}

function sameCost(one: Cost, other: Cost): boolean {
  return one.memory === other.memory && one.passes === other.passes && one.parallelism === other.parallelism;
}

/** The PHC string format leaves out the padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
