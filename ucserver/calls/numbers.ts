import type { UserId } from '#shared/ids.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import type { Directory } from '#ucserver/directory/index.ts';
import { comparable } from './sip-party.ts';

/** Under which names and numbers people are called and shown. */
export interface CompanyNumbers {
  /** The person with this sign-in name or work number; nobody who is locked. */
  personOf(dialled: string): UserId | undefined;
  partyOf(userId: UserId): CallParty;
  /** What a phone can dial to reach the person. */
  addressOf(userId: UserId): string;
}

/** From the directory in memory, so without SQL. */
export function companyNumbers(directory: Directory): CompanyNumbers {
  const byNumber = new Map<string, UserId>();
  const numbers = new Map<UserId, string>();
  const learn = (userId: UserId) => {
    const before = numbers.get(userId);
    if (before !== undefined && byNumber.get(before) === userId) byNumber.delete(before);
    const number = comparable(directory.byId(userId)?.workPhone ?? '');
    if (number === undefined) numbers.delete(userId);
    else {
      numbers.set(userId, number);
      byNumber.set(number, userId);
    }
  };
  for (const { id } of directory.all()) learn(id);
  directory.onChange((ids) => ids.forEach(learn));
  return {
    personOf(dialled) {
      const number = comparable(dialled);
      const user = directory.bySignIn(dialled) ?? (number === undefined ? undefined : byId(directory, byNumber.get(number)));
      return user === undefined || user.locked ? undefined : user.id;
    },
    partyOf(userId) {
      const user = directory.byId(userId);
      return {
        userId,
        ...(user === undefined ? {} : { name: user.displayName }),
        ...(user?.workPhone === undefined ? {} : { number: user.workPhone }),
      };
    },
    addressOf: (userId) => directory.byId(userId)?.signIn ?? userId,
  };
}

function byId(directory: Directory, id: UserId | undefined) {
  return id === undefined ? undefined : directory.byId(id);
}
