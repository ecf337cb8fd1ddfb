import { type KeyboardEvent, type RefObject, useId, useMemo, useState } from 'react';
import type { Called, LiveConversation } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNameOf } from '#web/client/people/person-name.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { type MentionQuery, matching, mentionQuery } from './mention-search.ts';
import { messageLimits } from './message-limits.ts';
import { applyChange } from './text-field.ts';

/** Names that are offered at once. */
const most = 8;

export interface MentionField {
  readonly id: string;
  /** Empty while nobody is being mentioned. */
  readonly candidates: readonly Called[];
  readonly active: number;
  readonly pick: (called: Called) => void;
  /** The text or the cursor may have changed. */
  readonly look: () => void;
  /** Whether a key was for the choice of names. */
  readonly take: (event: KeyboardEvent) => boolean;
}

/** Offers members by what is typed behind “@”. In a chat of two nobody needs to be called. */
export function useMentionField(
  live: LiveConversation,
  field: RefObject<HTMLTextAreaElement | null>,
  onPicked: (called: Called) => void,
): MentionField {
  const { self, settings } = useWorkspace();
  const { mentions, everybodyMembers } = messageLimits(useStore(settings));
  const { text } = useWords();
  const nameOf = useNameOf();
  const id = useId();
  const [query, setQuery] = useState<MentionQuery>();
  const [active, setActive] = useState(0);
  const { kind, members } = live.log;
  const isOpen = query !== undefined && kind !== 'direct';
  const candidates = useMemo(() => {
    if (!isOpen) return [];
    const others = mentions === 0 ? [] : members.filter((userId) => userId !== self);
    const people = others.map((userId): Called => ({ userId, name: nameOf(userId) }));
    const everybody: readonly Called[] =
      members.length > everybodyMembers ? [] : [{ userId: 'everybody', name: text.chat.everybody }];
    return matching<Called>([...people, ...everybody], query.query, ({ name }) => name, most);
  }, [isOpen, query, members, mentions, everybodyMembers, self, nameOf, text]);

  const look = () => {
    const { value = '', selectionStart = 0, selectionEnd = 0 } = field.current ?? {};
    const found = selectionStart === selectionEnd ? mentionQuery(value, selectionStart) : undefined;
    if (found?.query !== query?.query || found?.at !== query?.at) setActive(0);
    setQuery(found);
  };
  const pick = (called: Called) => {
    const { current } = field;
    if (current === null || query === undefined) return;
    const insert = `@${called.name} `;
    const place = query.at + insert.length;
    onPicked(called);
    applyChange(current, { from: query.at, to: current.selectionStart, insert, start: place, end: place });
    setQuery(undefined);
  };
  const take = ({ key, shiftKey }: KeyboardEvent): boolean => {
    const { length } = candidates;
    if (length === 0) return false;
    const chosen = candidates[active];
    if (key === 'ArrowDown') setActive((active + 1) % length);
    else if (key === 'ArrowUp') setActive((active + length - 1) % length);
    else if ((key === 'Enter' || key === 'Tab') && !shiftKey && chosen !== undefined) pick(chosen);
    else if (key === 'Escape') setQuery(undefined);
    else return false;
    return true;
  };
  return { id, candidates, active: Math.min(active, candidates.length - 1), pick, look, take };
}
