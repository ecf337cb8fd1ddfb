import { type ClientClock, type ClientTimer, platformClock } from '#web/api/index.ts';

/** A clock whose timers run in a worker, so that they are on time also while the page is hidden. */
export function createWorkerClock(): ClientClock {
  const worker = new Worker(new URL('./tick-worker.ts', import.meta.url), { type: 'module' });
  const acts = new Map<number, () => void>();
  let made = 0;
  worker.onmessage = ({ data: id }: MessageEvent<number>) => acts.get(id)?.();
  const start = (asked: { delayMs?: number; periodMs?: number }, act: (id: number) => void): ClientTimer => {
    made += 1;
    const id = made;
    acts.set(id, () => act(id));
    worker.postMessage({ id, ...asked });
    return {
      stop() {
        if (acts.delete(id)) worker.postMessage({ id });
      },
    };
  };
  return {
    wallMs: platformClock.wallMs,
    monotonicMs: platformClock.monotonicMs,
    after: (delayMs, act) =>
      start({ delayMs }, (id) => {
        acts.delete(id);
        act();
      }),
    every: (periodMs, act) => start({ periodMs }, act),
  };
}
