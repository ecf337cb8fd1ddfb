import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Result } from '#shared/protocol/index.ts';
import type { Session } from '#ucserver/gateway/index.ts';
import type { NewEntry } from './commit-plan.ts';
import type { Committer } from './committer.ts';
import type { PendingEntries } from './pending-entries.ts';

export interface AcceptanceOptions {
  readonly committer: Pick<Committer, 'commit'>;
  readonly pending: PendingEntries;
}

/** Decides which way an entry goes: into SQL, or into the outbox while SQL is away or something before it is pending. */
export class Acceptance {
  readonly #options: AcceptanceOptions;

  constructor(options: AcceptanceOptions) {
    this.#options = options;
  }

  /** @throws UCError as {@link Committer.commit}; `STORAGE_UNAVAILABLE` only when neither SQL nor Redis can take it. */
  async accept(entry: NewEntry, members: readonly UserId[], from: Session): Promise<Result<'chat.send'>> {
    const { committer, pending } = this.#options;
    const looking = pending.firstLook(from);
    if (looking !== undefined) await looking;
    if (pending.carries(entry.conversationId)) return pending.accept(entry, members, from);
    try {
      return await committer.commit(entry, members, from);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (error.code === 'STORAGE_UNAVAILABLE') return pending.accept(entry, members, from);
      // SQL may hold it or not; pending, it is asked again, and the same entry is the same entry.
      if (error.code === 'OUTCOME_UNKNOWN') return pending.accept(entry, members, from).catch(() => Promise.reject(error));
      throw error;
    }
  }
}
