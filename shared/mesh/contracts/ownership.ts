import * as z from 'zod';
import { actIdSchema, incarnationIdSchema, userIdSchema } from '../../ids.ts';
import { defineEvent, defineRequest, type RequestContract } from '../contract.ts';

const term = z.number().int().min(0);
/** What features hand to the next owner, by name of the part; each part is checked by its feature. */
export const handOverSchema = z.record(z.string(), z.unknown());
export type HandOver = Readonly<z.infer<typeof handOverSchema>>;

/** That a user is owned, or (`owned: false`) was released, by an incarnation under a term. */
export const ownerChangeSchema = z.object({
  userId: userIdSchema,
  term,
  owner: incarnationIdSchema,
  owned: z.boolean(),
});
export type OwnerChangeRecord = z.infer<typeof ownerChangeSchema>;

export const ownerChanges = defineEvent('ownership.changes', z.object({ changes: z.array(ownerChangeSchema) }), {
  meaning: 'Users were taken or released; the higher version (term, server, life) wins on every server.',
});

export const ownerDigest = defineEvent('ownership.digest', z.object({ users: z.number(), hash: z.number() }), {
  meaning:
    'Count and hash of all users the sender owns, every 5 s; who holds something else of the sender reads its owner map again.',
});

export const askHandOver = defineRequest(
  'ownership.ask-hand-over',
  z.object({ userId: userIdSchema, term }),
  z.object({ handOver: handOverSchema }),
  {
    meaning:
      'Asks the owner to let the sender take this user, whose client cannot reach the owner; at most once per user and minute.',
  },
);

export const offerUsers = defineRequest(
  'ownership.offer',
  z.object({ users: z.array(z.object({ userId: userIdSchema, term, handOver: handOverSchema })).max(50) }),
  z.object({ taken: z.array(ownerChangeSchema) }),
  {
    meaning:
      'The owner (draining, or sending people home) offers users with all it knows; the answer names those that were taken.',
  },
);

export const deliverHandOver = defineRequest(
  'ownership.hand-over',
  z.object({ users: z.array(z.object({ userId: userIdSchema, handOver: handOverSchema })).max(50) }),
  z.object({ elsewhere: z.array(ownerChangeSchema) }),
  {
    meaning:
      'What the loser of a user still knew, for the winner; the answer names users the receiver does not own, with their owner.',
  },
);

/** What every act carries: who acts, and the id by which it is executed once. */
export const actParamsSchema = z.object({ actId: actIdSchema, actor: userIdSchema });
export type ActParams = z.infer<typeof actParamsSchema>;

/** An act on a user as it travels to the owner; `term` 0: the sender knows of no owner. */
export interface ActOn<Params> {
  readonly userId: z.infer<typeof userIdSchema>;
  readonly term: number;
  readonly params: Params;
}
export type ActContract<Params, Result> = RequestContract<ActOn<Params>, Result>;

/**
 * Defines something one does to a user at the user's owner.
 * @param params must extend {@link actParamsSchema}
 */
export function defineAct<Params extends ActParams, Result>(
  name: string,
  params: z.ZodType<Params>,
  result: z.ZodType<Result>,
  { meaning }: { readonly meaning: string },
): ActContract<Params, Result> {
  return defineRequest<ActOn<Params>, Result>(name, z.object({ userId: userIdSchema, term, params }), result, { meaning });
}

export const ownershipContracts = [ownerChanges, ownerDigest, askHandOver, offerUsers, deliverHandOver] as const;
