import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { PositionSpool } from './position-spool.ts';

/** What operators see of chat. */
export function createMetrics(registry: Registry, positionSpool: PositionSpool) {
  new Gauge({
    name: 'ucmesh_chat_positions_spooled',
    help: 'Read positions in the spool of this server, which wait for the database.',
    registers: [registry],
    collect() {
      this.set(positionSpool.size);
    },
  });
  const entries = new Counter({
    name: 'ucmesh_chat_entries_total',
    help: 'Entries committed by this server.',
    registers: [registry],
  });
  const batches = new Histogram({
    name: 'ucmesh_chat_batch_entries',
    help: 'Entries that were committed together.',
    buckets: [1, 3, 10, 30, 100, 300],
    registers: [registry],
  });
  return {
    committed(count: number) {
      entries.inc(count);
      batches.observe(count);
    },
  };
}
