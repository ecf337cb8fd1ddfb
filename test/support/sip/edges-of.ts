import type { Cluster } from '../cluster.ts';
import { eventually } from '../eventually.ts';
import { keysOf } from '../leaks.ts';
import type { ServerProcess } from '../server-process.ts';
import type { WireAddress } from './wire.ts';

/** Where the edge of a server listens first, as it tells the others. */
export async function edgeOf(cluster: Cluster, { id }: Pick<ServerProcess, 'id'>): Promise<WireAddress> {
  const redis = cluster.redis.client();
  try {
    return await eventually(
      async () => {
        const [key = ''] = (await keysOf(redis)).filter((each) => each.endsWith(':members'));
        const records = Object.entries(await redis.hgetall(key)).filter(([incarnation]) => incarnation.startsWith(`${id}:`));
        const listeners = records.map(([, text]) => JSON.parse(text.slice(text.indexOf('.') + 1)) as { sip?: WireAddress[] });
        const listener = listeners.flatMap(({ sip }) => sip ?? [])[0];
        if (listener === undefined) throw new Error(`${id} has told no edge`);
        return listener;
      },
      { withinMs: 20_000, what: `the edge of ${id}` },
    );
  } finally {
    redis.disconnect();
  }
}
