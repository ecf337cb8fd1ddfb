import * as z from 'zod';
import { defineRequest } from '../contract.ts';

/** One page of a re-sync section; the items are checked by the section itself. */
export const resyncPageRequest = defineRequest(
  'resync.page',
  z.object({
    section: z.string().max(64),
    /** Where the page before ended. */
    after: z.string().max(512).optional(),
    limit: z.number().int().positive(),
  }),
  z.object({ items: z.array(z.unknown()), next: z.string().max(512).optional() }),
  { meaning: 'Read a part of the state again after something may have been lost.' },
);

export const resyncContracts = [resyncPageRequest] as const;
