import type { UserId } from '#shared/ids.ts';
import type { JournalEntry } from '#shared/protocol/journal.ts';
import { toEntry } from './journal-plan.ts';
import { partiesOf } from './list-filter.ts';
import type { JournalRepository } from './repository.ts';
import { withoutNames } from './without-erased.ts';

const pageRows = 500;

/** Everything that stands in the journal of a person, page by page, the newest first. */
export async function* exportCalls(
  repository: Pick<JournalRepository, 'page'>,
  userId: UserId,
): AsyncGenerator<readonly JournalEntry[]> {
  for (let after: { startedAt: number; callId: JournalEntry['callId'] } | undefined; ; ) {
    const page = await repository.page({ userId, after, from: undefined, to: undefined, limit: pageRows });
    yield page.map(toEntry);
    after = page.at(-1);
    if (after === undefined || page.length < pageRows) return;
  }
}

/**
 * Deletes the journal of a person, and their name and numbers from the journals of others, in small transactions.
 *
 * @param rest waits between two of them
 * @returns how many entries of others named the person
 */
export async function eraseCalls(
  repository: Pick<JournalRepository, 'erase' | 'everybody' | 'rewrite'>,
  userId: UserId,
  rest: () => Promise<void>,
): Promise<number> {
  while (await repository.erase(userId)) await rest();
  let named = 0;
  for await (const page of repository.everybody(pageRows)) {
    const list = page.flatMap((row) => {
      const record = JSON.parse(row.document) as JournalEntry;
      if (!partiesOf(record).some((party) => party.userId === userId)) return [];
      return [{ userId: row.userId, callId: row.callId, document: JSON.stringify(withoutNames(record, (id) => id === userId)) }];
    });
    named += list.length;
    await repository.rewrite(list);
    await rest();
  }
  return named;
}
