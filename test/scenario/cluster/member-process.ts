/** A process that is nothing but one server's place in the mesh. It is told its options as JSON and tells what happens, a line each. */
import { incarnationId } from '#shared/ids.ts';
import { createTestCluster, type TestClusterOptions } from '#test/support/test-cluster.ts';

const { serverId, ...options } = JSON.parse(process.argv[2] ?? '') as TestClusterOptions & { serverId: string };
const tell = (event: string, fields: object = {}) =>
  process.stdout.write(`${JSON.stringify({ event, mayServe: cluster.mayServe, ...fields })}\n`);

const cluster = createTestCluster(serverId, options);
cluster.onRebirth((now, before) => tell('rebirth', { incarnation: incarnationId(now), before: incarnationId(before) }));
cluster.onPermission(() => tell('permission'));
await cluster.start();
tell('started', { incarnation: incarnationId(cluster.self) });

// Timers of the product keep no process alive; this one lives until it is killed. It also notices first that the loop stood still.
let lastMs = performance.now();
setInterval(() => {
  const nowMs = performance.now();
  if (nowMs - lastMs > 1_500) tell('paused', { forMs: nowMs - lastMs });
  lastMs = nowMs;
}, 20);
