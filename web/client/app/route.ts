import { useSyncExternalStore } from 'react';
import type { ConversationId, LiveConversation, UserId } from '#web/api/index.ts';

/** What the page shows beside the left column. */
export type Route =
  | { readonly view: 'home' }
  | { readonly view: 'chat'; readonly userId: UserId }
  | { readonly view: 'person'; readonly userId: UserId }
  /** A group or channel, and on a narrow page who is in it. */
  | { readonly view: 'conversation' | 'members'; readonly conversationId: ConversationId }
  | { readonly view: 'search' }
  | { readonly view: 'calls' }
  | { readonly view: 'phone-book' }
  | { readonly view: 'settings' }
  | { readonly view: 'permissions' };

const idPattern = /^\/(chat|person|conversation)\/([A-Za-z0-9_-]{1,64})(\/members)?$/;

export function routeOf(path: string): Route {
  if (path === '/search') return { view: 'search' };
  if (path === '/calls') return { view: 'calls' };
  if (path === '/phone-book') return { view: 'phone-book' };
  if (path === '/settings') return { view: 'settings' };
  if (path === '/permissions') return { view: 'permissions' };
  const [, view, id, members] = idPattern.exec(path) ?? [];
  if (view === 'conversation')
    return { view: members === undefined ? 'conversation' : 'members', conversationId: id as ConversationId };
  if ((view === 'chat' || view === 'person') && members === undefined) return { view, userId: id as UserId };
  return { view: 'home' };
}

export function pathOf(route: Route): string {
  if (route.view === 'home') return '/';
  if (route.view === 'members') return `/conversation/${route.conversationId}/members`;
  if (route.view === 'conversation') return `/conversation/${route.conversationId}`;
  return 'userId' in route ? `/${route.view}/${route.userId}` : `/${route.view}`;
}

/** Where a conversation is shown: one of two people under the other's name. */
export function routeTo({ id, log, partner }: Pick<LiveConversation, 'id' | 'log' | 'partner'>): Route {
  return log.kind === 'direct' ? { view: 'chat', userId: partner } : { view: 'conversation', conversationId: id };
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
