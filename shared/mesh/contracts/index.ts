import type { AnyContract } from '../contract.ts';
import { authContracts } from './auth.ts';
import { callContracts } from './calls.ts';
import { chatContracts } from './chat.ts';
import { clusterContracts } from './cluster.ts';
import { journalContracts } from './journal.ts';
import { licensingContracts } from './licensing.ts';
import { ownershipContracts } from './ownership.ts';
import { phoneContracts } from './phones.ts';
import { presenceContracts } from './presence.ts';
import { resyncContracts } from './resync.ts';
import { sessionContracts } from './session.ts';
import { storageContracts } from './storage.ts';
import { trunkContracts } from './trunks.ts';

/**
 * Every event and request between servers, by feature; `docs/mesh.md` is printed from it. A feature adds its own file beside this
 * one and joins it here.
 */
export const meshContracts = {
  cluster: clusterContracts,
  resync: resyncContracts,
  storage: storageContracts,
  auth: authContracts,
  licensing: licensingContracts,
  ownership: ownershipContracts,
  session: sessionContracts,
  presence: presenceContracts,
  phones: phoneContracts,
  trunks: trunkContracts,
  chat: chatContracts,
  calls: callContracts,
  journal: journalContracts,
} as const satisfies Readonly<Record<string, readonly AnyContract[]>>;
