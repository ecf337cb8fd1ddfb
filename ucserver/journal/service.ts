import type { CallId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { EventFields, EventName, Params, Result } from '#shared/protocol/index.ts';
import { isMissed, type JournalEntry } from '#shared/protocol/journal.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { OutboxPort } from '#ucserver/outbox/index.ts';
import { toEntry } from './journal-plan.ts';
import { type ListCursor, readCursor, writeCursor } from './list-cursor.ts';
import { type EntryTest, entryTest } from './list-filter.ts';
import { fromStored, type Listed, mergePage, pendingList } from './list-plan.ts';
import { fromItem, lineOfPerson } from './pending-rows.ts';
import type { JournalRepository, ListedRow, RowRange } from './repository.ts';
import type { UnreadCounts } from './unread-counts.ts';

export interface JournalServiceOptions {
  readonly repository: Pick<JournalRepository, 'page' | 'note' | 'markNamed' | 'markUpTo' | 'remove'>;
  readonly outbox: Pick<OutboxPort, 'pendingOf'>;
  readonly unread: Pick<UnreadCounts, 'of' | 'changed'>;
  readonly sessions: Pick<SessionTable, 'ofUser'>;
  readonly clock: Clock;
}

/** Rows that are read at once when only some of them are wanted, and how often that is done for one page. */
const rowsAtOnce = 500;
const mostReads = 20;

/** What people can do with their own journals; all of it is for the sessions of the person, which are on this server. */
export class JournalService {
  readonly #options: JournalServiceOptions;

  constructor(options: JournalServiceOptions) {
    this.#options = options;
  }

  /** @throws UCError `BAD_REQUEST`, `STORAGE_UNAVAILABLE` */
  async list(userId: UserId, { cursor, limit, ...filter }: Params<'journal.list'>): Promise<Result<'journal.list'>> {
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const test = entryTest(filter);
    const waiting = this.#waiting(userId);
    try {
      const range = { userId, after, from: filter.from, to: filter.to, limit: test === undefined ? limit : rowsAtOnce };
      const { rows, end } = await this.#read(range, test, limit);
      const merged = mergePage(rows.map(fromStored), waiting, test, after, end);
      return toPage(merged, limit, end);
    } catch (error) {
      const isAway = error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE';
      if (!isAway || after !== undefined) throw error;
      const known = mergePage([], waiting, test, undefined, undefined).slice(0, limit);
      return { entries: known.map(({ entry }) => entry), partial: true };
    }
  }

  async countUnread(userId: UserId): Promise<Result<'journal.unread'>> {
    return { missed: await this.#options.unread.of(userId) };
  }

  /** @throws UCError `STORAGE_UNAVAILABLE` */
  async markRead(userId: UserId, { callIds, upTo }: Params<'journal.markRead'>): Promise<Result<'journal.markRead'>> {
    const { repository, unread } = this.#options;
    if (callIds !== undefined) await repository.markNamed(userId, callIds);
    if (upTo !== undefined) await repository.markUpTo(userId, upTo);
    this.#tell(userId, 'journal.read', { callIds, upTo });
    unread.changed(userId);
    return this.countUnread(userId);
  }

  /** @throws UCError `NOT_FOUND`, `STORAGE_UNAVAILABLE` */
  async note(userId: UserId, { callId, note }: Params<'journal.note'>): Promise<Result<'journal.note'>> {
    let entry: JournalEntry;
    try {
      entry = toEntry(await this.#options.repository.note(userId, callId, note));
    } catch (error) {
      const waits = this.#options.outbox.pendingOf(lineOfPerson(userId)).some((item) => fromItem(item).callId === callId);
      // It is there, but where notes are kept it has not come yet.
      if (waits && error instanceof UCError && error.code === 'NOT_FOUND') throw new UCError('STORAGE_UNAVAILABLE');
      throw error;
    }
    this.#tell(userId, 'journal.entry', entry);
    return { entry };
  }

  /** Those of others and those that are gone are passed over. @throws UCError `STORAGE_UNAVAILABLE` */
  async remove(userId: UserId, callIds: readonly CallId[]): Promise<void> {
    const { repository, unread, clock } = this.#options;
    await repository.remove(userId, callIds, clock.wallMs());
    this.#tell(userId, 'journal.removed', { callIds: [...callIds] });
    unread.changed(userId);
  }

  /** Reads until there is one more than asked for, or enough was looked at. `end`: up to where; undefined: to the end. */
  async #read(range: RowRange, test: EntryTest | undefined, limit: number): Promise<Reading> {
    const rows: ListedRow[] = [];
    let { after } = range;
    let wanted = 0;
    for (let reads = 0; wanted <= limit && reads < mostReads; reads++) {
      const page = await this.#options.repository.page({ ...range, after, limit: range.limit + 1 });
      const found = test === undefined ? page : page.filter((row) => test(toEntry(row)));
      rows.push(...found);
      wanted += found.length;
      after = page.at(-1);
      if (page.length <= range.limit) return { rows, end: undefined };
    }
    return { rows, end: after };
  }

  #waiting(userId: UserId): Listed[] {
    return pendingList(this.#options.outbox.pendingOf(lineOfPerson(userId)).map(fromItem), isMissed);
  }

  #tell<E extends EventName>(userId: UserId, event: E, fields: EventFields<E>): void {
    const told = fragment(event, fields);
    for (const session of this.#options.sessions.ofUser(userId)) session.push(told);
  }
}

interface Reading {
  readonly rows: readonly ListedRow[];
  readonly end: ListCursor | undefined;
}

function toPage(merged: readonly Listed[], limit: number, end: ListCursor | undefined): Result<'journal.list'> {
  const page = merged.slice(0, limit);
  const entries = page.map(({ entry }) => entry);
  const next = merged.length > limit ? page.at(-1)?.place : end;
  return next === undefined ? { entries } : { entries, nextCursor: writeCursor(next) };
}
