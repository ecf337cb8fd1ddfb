import type { UserId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Audit, dated } from '#ucserver/database/index.ts';
import type { PrivacyRepository } from './repository.ts';

export interface ErasureOptions {
  readonly repository: PrivacyRepository;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Clock;
  /** Rest between two transactions, so that those who work notice nothing, ms. */
  readonly restMs: number;
  /** Until servers that run have ended the sessions of this person and stored what these left, ms. */
  readonly settleMs: number;
}

/** What was erased. */
export interface Erasure {
  readonly conversations: number;
  readonly files: number;
}

/** What stands where the name stood; people see it in conversations they had with this person. */
const erasedName = '–';

/**
 * Erases what is stored of a person: nobody can sign in as them any more, the directory forgets who they were, what they have
 * written leaves empty entries under their numbers, their files go with the messages that referred to them, and their calls are
 * deleted, in the journals of others their name and number. What others wrote
 * about them, and the audit log, stay. When it breaks off, doing it again goes on.
 *
 * @throws UCError NOT_FOUND, STORAGE_UNAVAILABLE
 */
export async function erasePerson(
  userId: UserId,
  { repository, audit, clock, restMs, settleMs }: ErasureOptions,
): Promise<Erasure> {
  const rest = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const origin = { actor: 'system', object: `user/${userId}`, from: 'command line' } as const;
  await repository.anonymise(userId, erasedName, dated({ ...origin, action: 'user.erase' }, clock));
  await rest(settleMs);
  await repository.forget(userId, clock.wallMs());
  let conversations = 0;
  for await (const page of repository.conversations(userId)) {
    for (const { id } of page) {
      conversations++;
      for (let after: number | undefined = 0; after !== undefined; ) {
        after = await repository.emptyWritten(userId, id, after);
        await rest(restMs);
      }
    }
  }
  await repository.eraseCalls(userId, () => rest(restMs));
  const files = await repository.releaseFiles(userId, clock.wallMs());
  // Only then: what servers and clients read anew must be what is left.
  await repository.startNewGeneration();
  await audit.record({ ...origin, action: 'user.erased', after: { conversations, files } });
  return { conversations, files };
}
