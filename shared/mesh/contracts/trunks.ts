import * as z from 'zod';
import { defineRequest } from '../contract.ts';

export const freeLine = defineRequest('trunks.freeLine', z.object({ trunkId: z.string() }), z.object({ freed: z.boolean() }), {
  meaning: 'Asks a server to end its newest call on a trunk that is no emergency call, because an emergency call needs the line.',
});

export const trunkContracts = [freeLine] as const;
