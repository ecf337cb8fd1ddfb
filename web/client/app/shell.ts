import { createContext, useContext } from 'react';
import type { Client } from '#web/api/index.ts';
import type { InactivityWatch } from '#web/client/session/inactivity.ts';
import type { Store } from '#web/ui/store.ts';
import type { Preferences } from './preferences.ts';

/** What exists once per page, signed in or not. */
export interface Shell {
  readonly client: Client;
  readonly preferences: Store<Preferences>;
  readonly inactivity: InactivityWatch;
}

export const ShellContext = createContext<Shell | undefined>(undefined);

export function useShell(): Shell {
  const shell = useContext(ShellContext);
  if (!shell) throw new TypeError('There is no shell here');
  return shell;
}
