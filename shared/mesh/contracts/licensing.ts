import * as z from 'zod';
import { defineRequest } from '../contract.ts';

export const recallSeats = defineRequest(
  'licensing.recall',
  z.object({ feature: z.string(), seats: z.int().min(1) }),
  z.object({ given: z.int().min(0) }),
  { meaning: 'Asks a server to give seats that nobody uses back to the ledger; the answer says how many it gave.' },
);

export const licensingContracts = [recallSeats] as const;
