import * as z from 'zod';
import type { Clock } from '#shared/runtime/clock.ts';
import type { SecretBox } from '#ucserver/database/index.ts';

const purpose = 'provisioning';
const tokenSchema = z.object({ d: z.string(), s: z.string(), m: z.number() });

/** What stands in an address from which a phone fetches its settings. */
export interface ProvisioningToken {
  readonly deviceId: string;
  readonly secret: string;
  /** When it was made, in ms since 1970. */
  readonly madeAt: number;
}

/**
 * Tokens of addresses for phones. The secret of the device travels in them, sealed: so it is kept nowhere, every server can hand
 * it out, and it is worth nothing once the device has another one.
 */
export class ProvisioningTokens {
  readonly #box: SecretBox;
  readonly #clock: Clock;

  constructor(box: SecretBox, clock: Clock) {
    this.#box = box;
    this.#clock = clock;
  }

  create(deviceId: string, secret: string): { readonly token: string; readonly madeAt: number } {
    const madeAt = Math.floor(this.#clock.wallMs());
    const content = JSON.stringify({ d: deviceId, s: secret, m: madeAt } satisfies z.infer<typeof tokenSchema>);
    return { token: this.#box.seal(Buffer.from(content), purpose).toString('base64url'), madeAt };
  }

  /** @returns undefined for what no server of this mesh has made */
  read(token: string): ProvisioningToken | undefined {
    try {
      const { d, s, m } = tokenSchema.parse(JSON.parse(this.#box.open(Buffer.from(token, 'base64url'), purpose).toString()));
      return { deviceId: d, secret: s, madeAt: m };
    } catch {
      // Changed, cut short, or sealed by somebody else: nothing more can be said of it.
      return undefined;
    }
  }
}
