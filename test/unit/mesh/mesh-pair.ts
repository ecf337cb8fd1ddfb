import type { Incarnation, ServerId } from '#shared/ids.ts';
import { DirectClient } from '#shared/mesh/direct-client.ts';
import { MemoryBus, type MemoryHub } from '#shared/mesh/memory-bus.ts';
import { ServerMesh } from '#shared/mesh/mesh.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { createKeys } from '#shared/redis/keys.ts';
import { type Clock, systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';

export interface TestServer {
  readonly id: ServerId;
  readonly incarnation: Incarnation;
  readonly mesh: ServerMesh;
  readonly bus: MemoryBus;
}

/** A mesh of one server on a memory bus, started, without any peer. */
export function startMesh(hub: MemoryHub, serverId: string, clock: Clock = systemClock, life = 1): TestServer {
  const bus = new MemoryBus(hub);
  const keys = new MeshKeys('test', 'a password of the mesh');
  const mesh = new ServerMesh({
    bus,
    keys,
    redisKeys: createKeys('test'),
    direct: new DirectClient({ keys }),
    clock,
    logger: silentLogger,
  });
  const incarnation = { serverId: serverId as ServerId, life };
  mesh.start(incarnation);
  return { id: incarnation.serverId, incarnation, mesh, bus };
}

/** Tells all of them of each other. */
export function introduce(...servers: readonly TestServer[]): void {
  for (const one of servers) for (const other of servers) if (one !== other) one.mesh.meet(other.incarnation, undefined);
}
