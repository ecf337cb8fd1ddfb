import type { AnyContract } from '../contract.ts';

/**
 * Every event and request between servers, by feature; `docs/mesh.md` is printed from it. A feature adds its own file beside this
 * one and joins it here.
 */
export const meshContracts: Readonly<Record<string, readonly AnyContract[]>> = {};
