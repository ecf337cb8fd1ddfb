import type { Params } from '#shared/protocol/index.ts';
import { type CallParty, isMissed, type JournalEntry } from '#shared/protocol/journal.ts';
import { fold } from '#ucserver/directory/index.ts';

export type ListFilter = Pick<Params<'journal.list'>, 'missed' | 'direction' | 'text' | 'from' | 'to' | 'person'>;

/** Made once for each request, asked for each entry. */
export type EntryTest = (entry: JournalEntry) => boolean;

const onlyNumber = /^[\d\s()+/.-]*\d[\d\s()+/.-]*$/;

/** Whether entries are what was asked for; `undefined` when all are. */
export function entryTest({ missed, direction, text, from, to, person }: ListFilter): EntryTest | undefined {
  const tests: EntryTest[] = [];
  if (missed === true) tests.push(isMissed);
  if (direction !== undefined) tests.push((entry) => entry.direction === direction);
  if (from !== undefined) tests.push((entry) => entry.startedAt >= from);
  if (to !== undefined) tests.push((entry) => entry.startedAt <= to);
  if (person !== undefined) tests.push(({ peer }) => peer.userId === person);
  if (text !== undefined) tests.push(textTest(text));
  return tests.length === 0 ? undefined : (entry) => tests.every((test) => test(entry));
}

function textTest(text: string): EntryTest {
  const folded = fold(text).trim();
  // "030 12" is found in +493012…: the 0 stands for the country code.
  const digits = onlyNumber.test(folded) ? folded.replace(/\D/g, '').replace(/^0+(?=.)/, '') : undefined;
  return (entry) => {
    const parties = partiesOf(entry);
    const words = [...parties.map(({ name = '' }) => name), entry.note ?? ''];
    if (words.some((word) => fold(word).includes(folded))) return true;
    if (digits !== undefined) return parties.some(({ number = '' }) => number.replace(/\D/g, '').includes(digits));
    return parties.some(({ number = '' }) => fold(number).includes(folded));
  };
}

/** Everybody else who is named in an entry. */
export function partiesOf({ peer, acceptedBy, transferredFrom, transferredTo }: JournalEntry): CallParty[] {
  return [peer, acceptedBy, transferredFrom, transferredTo].filter((party) => party !== undefined);
}
