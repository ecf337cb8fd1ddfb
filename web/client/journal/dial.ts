import { createContext, useContext } from 'react';
import type { CallParty } from '#shared/protocol/journal.ts';

/** Whom to call: a person of the company, or a number. */
export type DialTarget = { readonly userId: NonNullable<CallParty['userId']> } | { readonly number: string };

/** Begins a call. */
export type Dial = (to: DialTarget) => Promise<void>;

/** How calls are begun here; undefined while nothing can be dialled. */
export const DialContext = createContext<Dial | undefined>(undefined);

export function useDial(): Dial | undefined {
  return useContext(DialContext);
}

/** How to call somebody again; undefined when their number was withheld. */
export function targetOf({ userId, number }: CallParty): DialTarget | undefined {
  if (userId !== undefined) return { userId };
  return number === undefined ? undefined : { number };
}
