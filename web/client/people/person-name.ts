import type { UserId } from '#web/api/index.ts';
import { usePerson } from '#web/client/app/hooks.ts';
import { useWords } from '#web/ui/text.ts';

/** The person's name; empty until it is known, so that nothing flickers. */
export function usePersonName(userId: UserId): string {
  const { text } = useWords();
  const person = usePerson(userId);
  return person === null ? text.app.unknownPerson : (person?.name ?? '');
}
