import type { UserId } from '#shared/ids.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import type { JournalRow } from './journal-row.ts';

type Named = Pick<JournalRow, 'peer' | 'acceptedBy' | 'transferredFrom' | 'transferredTo'>;

/** A row without what says who erased people were; `undefined` when it stands in the journal of one. */
export function withoutErased(row: JournalRow, isErased: (userId: UserId) => boolean): JournalRow | undefined {
  return isErased(row.userId) ? undefined : withoutNames(row, isErased);
}

/** Leaves of erased people only that it was somebody of the company. */
export function withoutNames<Row extends Named>(row: Row, isErased: (userId: UserId) => boolean): Row {
  const rest = (party: CallParty): CallParty =>
    party.userId !== undefined && isErased(party.userId) ? { userId: party.userId } : party;
  const { peer, acceptedBy, transferredFrom, transferredTo } = row;
  return {
    ...row,
    peer: rest(peer),
    ...(acceptedBy === undefined ? {} : { acceptedBy: rest(acceptedBy) }),
    ...(transferredFrom === undefined ? {} : { transferredFrom: rest(transferredFrom) }),
    ...(transferredTo === undefined ? {} : { transferredTo: rest(transferredTo) }),
  };
}
