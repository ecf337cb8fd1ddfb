import { createContext, useCallback, useContext, useEffect, useReducer, useSyncExternalStore } from 'react';
import type { Client, ClientState, LiveConversation, Presence, Reach, UserId } from '#web/api/index.ts';
import type { KnownPerson } from '#web/client/people/people.ts';
import { useStore } from '#web/ui/store.ts';
import type { Workspace } from './workspace.ts';

export const WorkspaceContext = createContext<Workspace | undefined>(undefined);

/** The signed-in user's workspace; only below the sign-in. */
export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (!workspace) throw new TypeError('There is no workspace here');
  return workspace;
}

export function useClientState(client: Client): ClientState {
  return useSyncExternalStore(
    useCallback((changed) => client.onState(changed), [client]),
    () => client.state,
  );
}

export function useReach(client: Client): Reach {
  return useSyncExternalStore(
    useCallback((changed) => client.onReach(changed), [client]),
    () => client.reach,
  );
}

/** A person's card; asks for it when it is not here yet. */
export function usePerson(userId: UserId): KnownPerson {
  const { people } = useWorkspace();
  const subscribe = useCallback(
    (changed: () => void) => people.onChange((userIds) => userIds.has(userId) && changed()),
    [people, userId],
  );
  return useSyncExternalStore(subscribe, () => people.get(userId));
}

/** A person's presence, watched as long as something shows it. */
export function usePresence(userId: UserId): Presence | undefined {
  const { presence } = useWorkspace();
  return useSyncExternalStore(
    useCallback((changed) => presence.watch(userId, changed), [presence, userId]),
    () => presence.of(userId),
  );
}

export function usePicture(userId: UserId, version: number): string | undefined {
  const { pictures } = useWorkspace();
  return useSyncExternalStore(
    useCallback((changed) => pictures.onChange(changed), [pictures]),
    () => pictures.get(userId, version),
  );
}

/** Renders anew with each change of one conversation, or of any when none is given. */
export function useConversationChanges(live?: LiveConversation): void {
  const { conversations } = useWorkspace();
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    changed();
    return conversations.onChange((one) => {
      if (live === undefined || one === live) changed();
    });
  }, [conversations, live]);
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    useCallback(
      (changed) => {
        const media = matchMedia(query);
        media.addEventListener('change', changed);
        return () => media.removeEventListener('change', changed);
      },
      [query],
    ),
    () => matchMedia(query).matches,
  );
}

/** Whether the browser believes to have a network. */
export function useOnline(): boolean {
  return useSyncExternalStore(
    (changed) => {
      addEventListener('online', changed);
      addEventListener('offline', changed);
      return () => {
        removeEventListener('online', changed);
        removeEventListener('offline', changed);
      };
    },
    () => navigator.onLine,
  );
}

/** The servers' time, renewed twice a minute so that "today" and "2 minutes ago" stay true. */
export function useNow(): number {
  return useStore(useWorkspace().now);
}
