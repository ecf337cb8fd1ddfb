import { Gauge, type Registry } from 'prom-client';
import type { Trunks } from './service.ts';

/** What operators watch of trunks. */
export function createTrunkMetrics(registry: Registry, trunks: Pick<Trunks, 'all' | 'lines'>): void {
  new Gauge({
    name: 'ucmesh_trunk_up',
    help: 'Whether a peer of the trunk answers this server (1) or none does (0).',
    labelNames: ['trunk'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { trunk, isUp } of trunks.all()) this.set({ trunk: trunk.id }, Number(isUp));
    },
  });
  new Gauge({
    name: 'ucmesh_trunk_registered',
    help: 'Whether this server has registered the trunk; one server does it for all.',
    labelNames: ['trunk'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { trunk, isRegistered } of trunks.all())
        if (trunk.registers) this.set({ trunk: trunk.id }, Number(isRegistered));
    },
  });
  new Gauge({
    name: 'ucmesh_trunk_calls',
    help: 'Calls of this server on the trunk.',
    labelNames: ['trunk'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [trunk, { calls }] of Object.entries(trunks.lines())) this.set({ trunk }, calls);
    },
  });
}
