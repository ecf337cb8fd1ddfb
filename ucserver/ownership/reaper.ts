import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { sameIncarnation } from './incarnation.ts';
import type { OwnerStore } from './store.ts';

/** After a death, the index forgets what the dead incarnation owned. Takers do not wait for it: they see who is dead. */
export function addReaper(cluster: Cluster, store: OwnerStore): Unsubscribe {
  return cluster.addLostStep('owners', async (lost, renew) => {
    for await (const page of store.all()) {
      await store.release(page.filter(({ owner }) => sameIncarnation(owner, lost)));
      await renew();
    }
  });
}
