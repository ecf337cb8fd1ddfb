import type { LiveConversation } from '#web/api/index.ts';
import { usePerson, useWorkspace } from '#web/client/app/hooks.ts';
import { mayDo } from '#web/client/permissions/rights.ts';

/** What this user may do in a conversation, as far as it is known here; the server decides. */
export interface Rights {
  readonly write: boolean;
  readonly react: boolean;
  /** Takes back messages of others as well. */
  readonly moderate: boolean;
}

export function useRights({ log, partner }: LiveConversation): Rights {
  const { self } = useWorkspace();
  const person = usePerson(partner);
  const { kind, left, moderators } = log;
  if (kind === 'direct') {
    const write = partner === self || person === undefined || person === null || mayDo(person.level, 'chat');
    return { write, react: write, moderate: false };
  }
  const moderate = !left && moderators.includes(self);
  return { write: !left && (kind !== 'channel' || moderate), react: !left, moderate };
}
