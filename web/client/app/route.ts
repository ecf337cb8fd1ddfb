import { useSyncExternalStore } from 'react';
import type { UserId } from '#web/api/index.ts';

/** What the page shows beside the left column. */
export type Route =
  | { readonly view: 'home' }
  | { readonly view: 'chat'; readonly userId: UserId }
  | { readonly view: 'person'; readonly userId: UserId }
  | { readonly view: 'settings' }
  | { readonly view: 'permissions' };

const idPattern = /^\/(chat|person)\/([A-Za-z0-9_-]{1,64})$/;

export function routeOf(path: string): Route {
  if (path === '/settings') return { view: 'settings' };
  if (path === '/permissions') return { view: 'permissions' };
  const [, view, userId] = idPattern.exec(path) ?? [];
  if (view === 'chat' || view === 'person') return { view, userId: userId as UserId };
  return { view: 'home' };
}

export function pathOf(route: Route): string {
  if (route.view === 'home') return '/';
  return 'userId' in route ? `/${route.view}/${route.userId}` : `/${route.view}`;
}

/** Shows a route; the browser's back button leads to the one before. */
export function go(route: Route): void {
  const path = pathOf(route);
  if (path === location.pathname) return;
  history.pushState({ depth: depth() + 1 }, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** Leaves the present route: to the one before, or home when the page was opened here. */
export function goBack(): void {
  if (depth() > 0) history.back();
  else go({ view: 'home' });
}

function depth(): number {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null && 'depth' in state && typeof state.depth === 'number' ? state.depth : 0;
}

function subscribe(changed: () => void): () => void {
  addEventListener('popstate', changed);
  return () => removeEventListener('popstate', changed);
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.pathname));
}
