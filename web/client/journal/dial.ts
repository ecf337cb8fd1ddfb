import { useEffect, useState } from 'react';
import type { CallParty } from '#shared/protocol/journal.ts';
import { type ParamsIn, UCError } from '#web/api/index.ts';
import { useClientState, useWorkspace } from '#web/client/app/hooks.ts';

export type DialTarget = ParamsIn<'calls.dial'>['to'];

/** Begins a call: the own phone rings first. @throws UCError */
export type Dial = (to: DialTarget) => Promise<void>;

/** How calls are begun; undefined while the user has no phone that could ring. */
export function useDial(): Dial | undefined {
  const { client } = useWorkspace();
  const { phase } = useClientState(client);
  const [hasPhone, setHasPhone] = useState(false);
  useEffect(() => {
    let over = false;
    if (phase !== 'open') return;
    client.call('phones.list', {}).then(
      ({ devices }) => {
        if (!over) setHasPhone(devices.some(({ registrations }) => registrations.length > 0));
      },
      (error: unknown) => {
        if (!(error instanceof UCError)) throw error;
      },
    );
    return () => {
      over = true;
    };
  }, [client, phase]);
  if (!hasPhone) return undefined;
  return async (to) => {
    await client.call('calls.dial', { to });
  };
}

/** How to call somebody again; undefined when their number was withheld. */
export function targetOf({ userId, number }: CallParty): DialTarget | undefined {
  if (userId !== undefined) return { userId };
  return number === undefined ? undefined : { number };
}
