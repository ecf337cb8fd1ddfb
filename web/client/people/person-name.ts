import { useCallback, useEffect, useReducer } from 'react';
import type { UserId } from '#web/api/index.ts';
import { usePerson, useWorkspace } from '#web/client/app/hooks.ts';
import { useWords } from '#web/ui/text.ts';

/** The person's name; empty until it is known, so that nothing flickers. */
export function usePersonName(userId: UserId): string {
  const { text } = useWords();
  const person = usePerson(userId);
  return person === null ? text.app.unknownPerson : (person?.name ?? '');
}

/** Names of any people, for what shows many; renders anew when one of them becomes known. */
export function useNameOf(): (userId: UserId) => string {
  const { people } = useWorkspace();
  const { text } = useWords();
  const [version, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => people.onChange(changed), [people]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has become known since makes it another function.
  return useCallback(
    (userId: UserId) => {
      const person = people.get(userId);
      return person === null ? text.app.unknownPerson : (person?.name ?? '');
    },
    [people, text, version],
  );
}
