import { useEffect, useState } from 'react';
import { maxToldPositions } from '#shared/protocol/chat.ts';
import { type LiveConversation, UCError } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import type { Positions } from './read-state.ts';

/** How far members have got: in large conversations it is asked for. `undefined` while it is, `failed` when it cannot be read. */
export function usePositions({ id, log }: LiveConversation): Positions | 'failed' | undefined {
  const { client } = useWorkspace();
  const [asked, setAsked] = useState<Positions | 'failed'>();
  const isTold = log.members.length <= maxToldPositions;
  useEffect(() => {
    if (isTold) return;
    let isWanted = true;
    client
      .call('chat.positions', { conversationId: id })
      .then(({ positions }) => isWanted && setAsked(new Map(positions.map((position) => [position.userId, position]))))
      .catch((error: unknown) => {
        if (!(error instanceof UCError)) throw error;
        if (isWanted) setAsked('failed');
      });
    return () => {
      isWanted = false;
    };
  }, [client, id, isTold]);
  return isTold ? log.positions : asked;
}
