import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { StatementError } from '#ucserver/database/index.ts';
import type { Session } from '#ucserver/gateway/index.ts';
import { emptiedBody, isSame, keyOf, type NewEntry, type Placement, rejectedKind, type StoredEntry } from './commit-plan.ts';
import { conversationKindOf } from './conversation-id.ts';
import type { ChatRepository } from './repository.ts';

/** A committed entry with the people it concerns. */
export interface Committed {
  readonly entry: StoredEntry;
  readonly members: readonly UserId[];
  /** The session that sent it and is answered; `undefined` when it was sent before and is only told again. */
  readonly from: Session | undefined;
}

/** What an author is answered. */
export interface Receipt {
  readonly seq: number;
  readonly at: number;
}

export interface CommitterOptions {
  readonly repository: Pick<ChatRepository, 'commit' | 'create'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly batchEntries: number;
  /** Longest rest between two batches, ms. */
  readonly gatherMs: number;
  /** What has just been committed, in the order of the log; may hold entries that were told before. Must not throw. */
  readonly onCommitted: (generation: number, committed: readonly Committed[]) => void;
}

interface Waiting {
  entry: NewEntry;
  readonly members: readonly UserId[];
  readonly from: Session | undefined;
  readonly answer: Promise<Receipt>;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** A timer for less would not fire in time. */
const shortestRestMs = 1;
const unknownOutcomeTries = 5;
const duplicateTries = 3;

/**
 * The only way of entries into SQL: what all sessions of this server send within a moment is committed together, one batch
 * after another, so that the cost of a commit to disk is shared. After a batch it rests for as long as that took: other servers
 * get at the database, and the slower it is, the more is committed at once.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #queue: Waiting[] = [];
  /** Queued or being committed, by conversation and entry id. */
  readonly #open = new Map<string, Waiting>();
  #state: 'idle' | 'scheduled' | 'running' = 'idle';
  /** When the next batch may begin, monotonic. */
  #restedMs = Number.NEGATIVE_INFINITY;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Resolves when every entry that was given before is answered. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map(({ answer }) => answer));
  }

  /**
   * Stores an entry; the same entry again, at once or later, gets the same answer.
   *
   * @param members of the conversation, which is created with them if this is its first entry
   * @param from the session that waits for the answer
   * @throws UCError `ID_CONFLICT`; `STORAGE_UNAVAILABLE`: it was not stored; `OUTCOME_UNKNOWN`: it may have been;
   *   `BAD_REQUEST` when SQL refuses it for good.
   */
  commit(entry: NewEntry, members: readonly UserId[], from?: Session): Promise<Receipt> {
    const same = this.#open.get(keyOf(entry));
    if (same !== undefined) return isSame(entry, same.entry) ? same.answer : Promise.reject(conflict());
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    const waiting: Waiting = { entry, members, from, answer: promise, resolve, reject };
    this.#open.set(keyOf(entry), waiting);
    this.#queue.push(waiting);
    if (this.#state === 'idle') this.#schedule();
    return promise;
  }

  #schedule(): void {
    this.#state = 'scheduled';
    const { clock } = this.#options;
    const restMs = this.#restedMs - clock.monotonicMs();
    // At the end of this turn, when all sockets that had something were read.
    if (restMs < shortestRestMs) setImmediate(() => void this.#run());
    else clock.after(restMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    this.#state = 'running';
    const { clock, batchEntries, gatherMs } = this.#options;
    const beganMs = clock.monotonicMs();
    const batch = this.#queue.splice(0, batchEntries);
    await this.#commitAll(batch);
    const endedMs = clock.monotonicMs();
    // When as many wait as were stored, a rest would only hold them up.
    const restMs = this.#queue.length < batch.length ? Math.min(endedMs - beganMs, gatherMs) : 0;
    this.#restedMs = endedMs + restMs;
    if (this.#queue.length > 0) this.#schedule();
    else this.#state = 'idle';
  }

  /** Settles every entry of the batch; never rejects. */
  async #commitAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const missing = await this.#commitOnce(batch);
      if (missing.length === 0) return;
      await this.#create(missing);
      for (const waiting of await this.#commitOnce(missing)) this.#fail(waiting, new UCError('NOT_FOUND'));
    } catch (error) {
      const open = batch.filter((waiting) => this.#open.get(keyOf(waiting.entry)) === waiting);
      if (error instanceof StatementError) await this.#isolate(open, error);
      else for (const waiting of open) this.#fail(waiting, error);
    }
  }

  /** @returns the entries whose conversation does not exist. */
  async #commitOnce(batch: readonly Waiting[]): Promise<Waiting[]> {
    const { generation, placements, goneFiles } = await this.#repeated(batch.map(({ entry }) => entry));
    if (goneFiles.length > 0) this.#options.logger.error('Messages name files that are gone', { files: goneFiles });
    const missing: Waiting[] = [];
    const committed: Committed[] = [];
    for (const [index, waiting] of batch.entries()) {
      const placement = placements[index];
      if (placement === undefined || placement.outcome === 'missing') {
        missing.push(waiting);
        continue;
      }
      this.#settle(waiting, placement);
      if (placement.outcome === 'conflict') continue;
      const { seq, at, kind } = placement;
      const { members } = waiting;
      const isNew = placement.outcome === 'added';
      const body = !isNew && placement.emptied ? emptiedBody : waiting.entry.body;
      committed.push({ entry: { ...waiting.entry, seq, at, kind, body }, members, from: isNew ? waiting.from : undefined });
    }
    if (committed.length > 0) this.#options.onCommitted(generation, committed);
    return missing;
  }

  /** Commits; a commit whose answer was lost is repeated, because the same batch again finds what is there. */
  async #repeated(entries: readonly NewEntry[]): ReturnType<ChatRepository['commit']> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#options.repository.commit(entries);
      } catch (error) {
        if (!(error instanceof UCError)) throw error;
        const unknown = error.code === 'OUTCOME_UNKNOWN';
        // Once a commit may have happened, "not stored" would be a promise that nobody can keep.
        if (!unknown && tries > 1) throw new UCError('OUTCOME_UNKNOWN', undefined, { cause: error });
        if (!unknown || tries === unknownOutcomeTries) throw error;
        this.#options.logger.warn('The answer to a commit was lost; repeating it', { entries: entries.length, tries });
      }
    }
  }

  /** Creates missing conversations one by one, so that one that another server creates meanwhile spoils no other. */
  async #create(missing: readonly Waiting[]): Promise<void> {
    const created = new Set<string>();
    for (const { entry, members } of missing) {
      if (created.has(entry.conversationId)) continue;
      const kind = conversationKindOf(entry.conversationId);
      // A group begins with the entry that says who is in it; the members follow from that.
      if (kind !== 'direct' && entry.kind !== 'created') continue;
      created.add(entry.conversationId);
      try {
        await this.#options.repository.create({
          id: entry.conversationId,
          kind,
          members: kind === 'direct' ? members : [],
          at: entry.at,
        });
      } catch (error) {
        if (!(error instanceof StatementError && error.kind === 'duplicate')) throw error;
      }
    }
  }

  /** SQL refuses something of the batch: halves it until it is known what. */
  async #isolate(batch: readonly Waiting[], error: StatementError): Promise<void> {
    const half = batch.length >> 1;
    if (half > 0) {
      await this.#commitAll(batch.slice(0, half));
      await this.#commitAll(batch.slice(half));
      return;
    }
    const [waiting] = batch;
    if (waiting !== undefined) await this.#refused(waiting, error, 1);
  }

  /** One entry is refused. A duplicate may be a race that the next try wins; anything else stays so. */
  async #refused(waiting: Waiting, error: StatementError, tries: number): Promise<void> {
    if (waiting.entry.kind === rejectedKind) {
      this.#fail(waiting, error);
      return;
    }
    if (error.kind !== 'duplicate' || tries > duplicateTries) {
      const { conversationId, entryId } = waiting.entry;
      this.#options.logger.error('The database refuses an entry', { conversationId, entryId, reason: error.kind });
      // In plain ASCII, so that whatever the text holds, the administrator can read it.
      const body = JSON.stringify({ refused: Buffer.from(waiting.entry.body).toString('base64') });
      waiting.entry = { ...waiting.entry, kind: rejectedKind, body };
    }
    try {
      await this.#commitOnce([waiting]);
    } catch (next) {
      if (next instanceof StatementError) await this.#refused(waiting, next, tries + 1);
      else this.#fail(waiting, next);
    }
  }

  #settle(waiting: Waiting, placement: Exclude<Placement, { outcome: 'missing' }>): void {
    if (placement.outcome === 'conflict') {
      this.#fail(waiting, conflict());
    } else if (placement.kind === rejectedKind) {
      this.#fail(waiting, new UCError('BAD_REQUEST', 'The database cannot keep this text.', { field: 'params.body' }));
    } else {
      this.#open.delete(keyOf(waiting.entry));
      waiting.resolve({ seq: placement.seq, at: placement.at });
    }
  }

  #fail(waiting: Waiting, error: unknown): void {
    this.#open.delete(keyOf(waiting.entry));
    waiting.reject(error);
  }
}

function conflict(): UCError {
  return new UCError('ID_CONFLICT', undefined, { field: 'params.entryId' });
}
