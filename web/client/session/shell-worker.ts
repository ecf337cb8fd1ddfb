import type { Client } from '#web/api/index.ts';
import { go, routeOf } from '#web/client/app/route.ts';

/** Registers the service worker that has the shell ready when this page's server is dead, and tells it of new servers. */
export function registerShellWorker(client: Client): void {
  if (!('serviceWorker' in navigator)) return;
  addEventListener('load', () => {
    // Without it (a private window, an old browser) everything works but the start without a server.
    navigator.serviceWorker.register('/service-worker.js').catch(() => undefined);
  });
  let known = '';
  client.onServers((servers) => {
    const now = JSON.stringify([...servers].sort((a, b) => a.id.localeCompare(b.id)));
    if (known !== '' && known !== now) navigator.serviceWorker.controller?.postMessage('serversChanged');
    known = now;
  });
  navigator.serviceWorker.addEventListener('message', ({ data: told }: MessageEvent<{ show?: string }>) => {
    if (told.show !== undefined) go(routeOf(told.show));
  });
}
