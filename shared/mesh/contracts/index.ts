import type { AnyContract } from '../contract.ts';
import { chatContracts } from './chat.ts';
import { clusterContracts } from './cluster.ts';
import { presenceContracts } from './presence.ts';
import { resyncContracts } from './resync.ts';

/**
 * Every event and request between servers, by feature; `docs/mesh.md` is printed from it. A feature adds its own file beside this
 * one and joins it here.
 */
export const meshContracts = {
  cluster: clusterContracts,
  resync: resyncContracts,
  presence: presenceContracts,
  chat: chatContracts,
} as const satisfies Readonly<Record<string, readonly AnyContract[]>>;
