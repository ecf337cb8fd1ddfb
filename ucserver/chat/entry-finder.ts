import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Reading } from './access.ts';
import { emptiedBody, type NewEntry } from './commit-plan.ts';
import { targetOf } from './entry-target.ts';
import type { PendingEntries } from './pending-entries.ts';
import type { RecentEntries } from './recent-entries.ts';
import type { ChatRepository } from './repository.ts';
import { isAway } from './storage-away.ts';

export interface EntryFinderOptions {
  readonly repository: Pick<ChatRepository, 'find' | 'lastEdit'>;
  readonly pending: Pick<PendingEntries, 'find' | 'about' | 'look'>;
  readonly recent: Pick<RecentEntries, 'find' | 'since'>;
}

export type EntryName = { readonly conversationId: ConversationId; readonly entryId: EntryId };

/** An entry wherever it stands: under its number, or pending, for those whom it concerns. */
export type FoundEntry = NewEntry &
  ({ readonly seq: number } | { readonly seq?: undefined; readonly members: readonly UserId[] });

/** Whether somebody who may read a part of the log may see an entry. */
export function isSeenBy(entry: FoundEntry, userId: UserId, { from, upTo }: Pick<Reading, 'from' | 'upTo'>): boolean {
  return entry.seq === undefined ? entry.members.includes(userId) : entry.seq >= from && entry.seq <= upTo;
}

/**
 * Entries by their ids: pending ones, those that SQL holds and, while SQL is away, those that this server remembers. What was
 * taken back has an empty body, also when that is still pending.
 */
export class EntryFinder {
  readonly #options: EntryFinderOptions;

  constructor(options: EntryFinderOptions) {
    this.#options = options;
  }

  /** An entry that was perhaps sent before. While SQL is away, one that is not remembered counts as new: its id stays the same. */
  async sent(name: EntryName): Promise<FoundEntry | undefined> {
    return (await this.#find([name])).found[0];
  }

  /**
   * An entry that another one is about, and that other one, which was perhaps sent before.
   *
   * @param field the parameter that names the target
   * @throws UCError `STORAGE_UNAVAILABLE` when the target cannot be read, and the other was not sent before as far as is known.
   */
  async target(
    name: EntryName,
    about: EntryName,
    field: string,
  ): Promise<{ readonly target: FoundEntry | undefined; readonly before: FoundEntry | undefined }> {
    const { found, isWhole } = await this.#find([name, about]);
    let [target, before] = found;
    if (before === undefined && target === undefined) {
      // Its author may have written it on another server a moment ago.
      await this.#options.pending.look();
      [target, before] = [this.#pending(name), this.#pending(about)];
      if (target === undefined && before === undefined && !isWhole)
        throw new UCError('STORAGE_UNAVAILABLE', 'This message cannot be read while the database is away.', { field });
    }
    return { target, before };
  }

  /** The newest edit of a message up to a number, pending ones included. @throws UCError `STORAGE_UNAVAILABLE`. */
  async lastEdit({ conversationId, entryId, seq }: FoundEntry, upTo: number): Promise<NewEntry | undefined> {
    const { repository, pending, recent } = this.#options;
    const isEdit = (entry: NewEntry) => entry.kind === 'edit' && targetOf(entry) === entryId;
    const waiting = pending.about(conversationId, entryId).findLast(isEdit);
    if (waiting !== undefined || seq === undefined) return waiting;
    try {
      return await repository.lastEdit(conversationId, entryId, upTo);
    } catch (error) {
      const since = recent.since(conversationId, seq);
      if (!isAway(error) || since === undefined) throw error;
      return since.findLast((entry) => entry.seq <= upTo && isEdit(entry));
    }
  }

  async #find(names: readonly EntryName[]): Promise<{ found: (FoundEntry | undefined)[]; isWhole: boolean }> {
    const { repository, recent } = this.#options;
    const pending = names.map((name) => this.#pending(name));
    const asked = names.filter((_, index) => pending[index] === undefined);
    if (asked.length === 0) return { found: pending, isWhole: true };
    let isWhole = true;
    const stored = await repository.find(asked).catch((error: unknown) => {
      if (!isAway(error)) throw error;
      isWhole = false;
      return asked.flatMap((name) => recent.find(name.conversationId, name.entryId) ?? []);
    });
    const found = names.map((name, index) => pending[index] ?? stored.find((entry) => isNamed(entry, name)));
    return { found: found.map((entry) => entry && this.#asItIs(entry)), isWhole };
  }

  #pending(name: EntryName): FoundEntry | undefined {
    const found = this.#options.pending.find(name.conversationId, name.entryId);
    return found && this.#asItIs({ ...found.entry, members: found.members });
  }

  #asItIs(entry: FoundEntry): FoundEntry {
    if (entry.kind !== 'message') return entry;
    const isGone = this.#options.pending.about(entry.conversationId, entry.entryId).some(({ kind }) => kind === 'delete');
    return isGone ? { ...entry, body: emptiedBody } : entry;
  }
}

function isNamed(entry: EntryName, { conversationId, entryId }: EntryName): boolean {
  return entry.conversationId === conversationId && entry.entryId === entryId;
}
