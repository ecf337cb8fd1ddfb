/**
 * Timers for the page. Browsers let timers of hidden pages run as rarely as once a minute, those of workers not; the pings that
 * keep a session alive need them on time.
 */
const running = new Map<number, ReturnType<typeof setTimeout>>();

addEventListener('message', ({ data: asked }: MessageEvent<{ id: number; delayMs?: number; periodMs?: number }>) => {
  const { id, delayMs, periodMs } = asked;
  if (periodMs !== undefined)
    running.set(
      id,
      setInterval(() => postMessage(id), periodMs),
    );
  else if (delayMs !== undefined)
    running.set(
      id,
      setTimeout(() => postMessage(id), delayMs),
    );
  else {
    // One function clears both kinds.
    clearTimeout(running.get(id));
    running.delete(id);
  }
});
