/// <reference lib="webworker" />
export type {};

declare const self: ServiceWorkerGlobalScope;

/** Written in by the build: every file of the shell, and a name that changes with them. */
declare const __SHELL__: { readonly version: string; readonly files: readonly string[] };

const cacheName = `ucmesh-shell-${__SHELL__.version}`;
/** A server that does not answer in this time is treated as dead: the shell comes from the cache and finds another one. */
const answerWithinMs = 1_500;

self.addEventListener('install', (event) => {
  event.waitUntil(cacheShell().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldShells().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || url.pathname.startsWith('/api/')) return;
  if (request.mode === 'navigate') event.respondWith(page());
  else if (__SHELL__.files.includes(url.pathname)) event.respondWith(file(request));
});

/** The page says that the list of servers has changed; the policy that allows their addresses comes with the shell. */
self.addEventListener('message', (event) => {
  if (event.data === 'serversChanged') event.waitUntil(renewPage().catch(() => undefined));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { path } = event.notification.data as { path: string };
  event.waitUntil(show(path));
});

async function cacheShell(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll(['/', ...__SHELL__.files].map((path) => new Request(path, { cache: 'reload' })));
}

async function forgetOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('ucmesh-shell-') && name !== cacheName).map((name) => caches.delete(name)),
  );
}

/** Fresh from the server if it answers, else as it was. All paths of the client are one page. */
async function page(): Promise<Response> {
  try {
    return await renewPage();
  } catch {
    const cached = await caches.match('/', { cacheName });
    return cached ?? Response.error();
  }
}

/** @throws when the server does not answer in time or has no page. */
async function renewPage(): Promise<Response> {
  const response = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(answerWithinMs) });
  if (!response.ok) throw new TypeError(`The server answered ${response.status}`);
  const cache = await caches.open(cacheName);
  await cache.put('/', response.clone());
  return response;
}

/** Files carry their content in their name or change with the version, so what is cached is right. */
async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName })) ?? fetch(request);
}

async function show(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window' });
  const [open] = windows;
  if (!open) {
    await self.clients.openWindow(path);
    return;
  }
  await open.focus();
  open.postMessage({ show: path });
}
