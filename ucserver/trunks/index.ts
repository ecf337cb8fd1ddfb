export type { LinesInUse } from './line-use.ts';
export { createTrunkMetrics } from './metrics.ts';
export { trunkProcedures } from './procedures.ts';
export { TrunkRepository, type TrunkRepositoryOptions } from './repository.ts';
export { Trunks, type TrunksOptions, type UsableTrunk } from './service.ts';
export { type KnownTrunk, peerUri, type Trunk, type TrunkPeer, trunkIdSchema, trunkSchema, writtenFor } from './trunk.ts';
export type { TrunkLink } from './trunk-link.ts';
