import type { Redis } from 'ioredis';
import { eventually } from './eventually.ts';

/**
 * Kinds of handles that keep a process alive, and that a stopped server must not leave behind. Not timers: the clock's do not
 * keep a process alive, and mocha has some of its own; `ManualClock.pendingTimers` counts ours.
 */
const watched = ['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'UDPWrap', 'PipeWrap', 'ProcessWrap', 'MessagePort', 'FSEventWrap'];

function openHandles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (watched.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Remembers what is open now; `check()` fails unless soon nothing more is open than then. */
export class HandleWatch {
  readonly #before = openHandles();

  /** @throws Error naming the kinds of handles that are left. */
  async check(withinMs = 2000): Promise<void> {
    await eventually(
      () => {
        const left = [...openHandles()]
          .map(([kind, count]) => [kind, count - (this.#before.get(kind) ?? 0)] as const)
          .filter(([, more]) => more > 0);
        if (left.length > 0) throw new Error(left.map(([kind, more]) => `${more} × ${kind}`).join(', '));
      },
      { withinMs, what: 'no handle is left open' },
    );
  }
}

/** All keys that match the pattern, sorted. */
export async function keysOf(redis: Redis, pattern = 'uc:*'): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of redis.scanStream({ match: pattern, count: 500 })) keys.push(...(page as string[]));
  return keys.sort();
}

/**
 * Fails when Redis soon still holds keys of ours other than those that are meant to outlive a server.
 *
 * @param mayStay Patterns of keys that stay on purpose, for example tombstones.
 */
export async function expectNoKeys(redis: Redis, mayStay: readonly RegExp[] = [], withinMs = 2000): Promise<void> {
  await eventually(
    async () => {
      const left = (await keysOf(redis)).filter((key) => !mayStay.some((pattern) => pattern.test(key)));
      if (left.length > 0) throw new Error(`${left.length} keys: ${left.slice(0, 10).join(', ')}`);
    },
    { withinMs, what: 'no key is left in Redis' },
  );
}
