import * as z from 'zod';
import { defineEvent } from '../contract.ts';

/** What servers tell each other about the database they share. */
export const databaseChanged = defineEvent('storage.databaseChanged', z.object({}), {
  meaning: 'Something was committed that every server keeps in memory: read the change feed now instead of within a second.',
});

export const storageContracts = [databaseChanged] as const;
