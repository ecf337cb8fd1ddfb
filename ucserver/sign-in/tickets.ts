import * as z from 'zod';
import { type ServerId, serverIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Clock } from '#shared/runtime/clock.ts';

const ticketSchema = z.object({
  user: userIdSchema,
  target: serverIdSchema,
  hop: z.number().int().min(1),
  /** Wall time in ms. */
  expiry: z.number(),
});
export type Ticket = z.infer<typeof ticketSchema>;

const purpose = 'ticket';

/** Signed proofs that a server of this mesh has sent a client to another one. */
export class Tickets {
  readonly #keys: Pick<MeshKeys, 'mac' | 'proves'>;
  readonly #clock: Clock;
  readonly #forMs: number;

  constructor({ keys, clock, forMs }: { keys: Pick<MeshKeys, 'mac' | 'proves'>; clock: Clock; forMs: number }) {
    this.#keys = keys;
    this.#clock = clock;
    this.#forMs = forMs;
  }

  /** @param hop how often the client will have been redirected when it arrives. */
  write(user: UserId, target: ServerId, hop: number): string {
    const ticket: Ticket = { user, target, hop, expiry: this.#clock.wallMs() + this.#forMs };
    const text = Buffer.from(JSON.stringify(ticket)).toString('base64url');
    return `${text}.${this.#keys.mac(purpose, text)}`;
  }

  /** The ticket, or `undefined` when it is not ours, of somebody else, for another server or too old: then it does not count. */
  read(written: string | undefined, user: UserId, target: ServerId): Ticket | undefined {
    const [text, mac, ...rest] = written?.split('.') ?? [];
    if (!text || !mac || rest.length > 0 || !this.#keys.proves(purpose, text, mac)) return undefined;
    const ticket = ticketSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data;
    const isValid = ticket?.user === user && ticket.target === target && ticket.expiry > this.#clock.wallMs();
    return isValid ? ticket : undefined;
  }
}
