import * as z from 'zod';
import { incarnationIdSchema } from '../../ids.ts';
import { tombstoneSchema } from '../../redis/records.ts';
import { defineEvent } from '../contract.ts';

/** Told by every server that has judged, so that all know it at about the same time. */
export const memberLost = defineEvent(
  'cluster.lost',
  z.object({ incarnation: incarnationIdSchema, reason: tombstoneSchema.shape.reason }),
  { meaning: 'This incarnation is dead for good, or says itself that it stops.' },
);

export const clusterContracts = [memberLost] as const;
