import { setTimeout as pause } from 'node:timers/promises';

/** Calls `act` this often, evenly, for so long; what was late is caught up with, so the rate is kept. */
export async function atRate(perSecond: number, seconds: number, act: (index: number) => void): Promise<void> {
  const startMs = performance.now();
  const count = Math.round(perSecond * seconds);
  for (let done = 0; done < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - startMs) / 1000) * perSecond) + 1);
    for (; done < due; done++) act(done);
    await pause(Math.max(1, 1000 / perSecond));
  }
}
