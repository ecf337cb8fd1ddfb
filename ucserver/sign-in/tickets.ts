import * as z from 'zod';
import { type ServerId, serverIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import { TimedProofs, type TimedProofsOptions } from '#shared/mesh/timed-proofs.ts';

const ticketSchema = z.object({
  user: userIdSchema,
  target: serverIdSchema,
  hop: z.number().int().min(1),
});
type Ticket = z.infer<typeof ticketSchema>;

/** Proofs that a server of this mesh has sent a client to another one. */
export class Tickets {
  readonly #proofs: TimedProofs<Ticket>;

  constructor(options: Pick<TimedProofsOptions<Ticket>, 'keys' | 'clock' | 'forMs'>) {
    this.#proofs = new TimedProofs({ ...options, purpose: 'ticket', content: ticketSchema });
  }

  /** @param hop how often the client will have been redirected when it arrives. */
  write(user: UserId, target: ServerId, hop: number): string {
    return this.#proofs.write({ user, target, hop }).token;
  }

  /** The ticket, or `undefined` when it is not ours, of somebody else, for another server or too old: then it does not count. */
  read(written: string | undefined, user: UserId, target: ServerId): Ticket | undefined {
    const ticket = written === undefined ? undefined : this.#proofs.read(written);
    return ticket?.user === user && ticket.target === target ? ticket : undefined;
  }
}
