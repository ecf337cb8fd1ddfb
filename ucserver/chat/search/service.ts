import type { UserId } from '#shared/ids.ts';
import type { SearchHit } from '#shared/protocol/chat-search.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Session } from '#ucserver/gateway/index.ts';
import type { Access } from '../access.ts';
import { keyOf, type NewEntry } from '../commit-plan.ts';
import { targetOf } from '../entry-target.ts';
import { Criteria } from './criteria.ts';
import type { Gate } from './gate.ts';
import { type Changes, changesOf, presentOf } from './present.ts';
import type { Candidate, SearchRepository } from './repository.ts';
import { comparePlaces, fromMoment, type Place, readCursor, writeCursor } from './search-order.ts';
import { readTails } from './tail.ts';
import { walkIndex } from './walk.ts';

export interface SearchServiceOptions {
  readonly repository: SearchRepository;
  readonly access: Pick<Access, 'reading'>;
  /** What is pending in a person's conversations, each in order. */
  readonly pendingOf: (userId: UserId) => readonly NewEntry[];
  readonly gate: Gate;
  readonly clock: Clock;
  /** After this long a search answers with what it has, ms. */
  readonly longestMs: number;
  /** How long a search took, ms. */
  readonly onDone: (tookMs: number) => void;
}

interface Stored extends SearchHit {
  readonly seq: number;
}

/** No moment is later. */
const endOfTime = 8_640_000_000_000_000;

/** Finds messages. */
export class SearchService {
  readonly #options: SearchServiceOptions;

  constructor(options: SearchServiceOptions) {
    this.#options = options;
  }

  /** @throws UCError `NOT_FOUND` also for conversations of others, `RATE_LIMITED`, `BUSY`. */
  async search(session: Session, params: Params<'chat.search'>): Promise<Result<'chat.search'>> {
    const { gate, access, clock, onDone } = this.#options;
    const { conversationId } = params;
    if (conversationId !== undefined) await access.reading(conversationId, session.userId);
    return gate.run(session, async () => {
      const startMs = clock.monotonicMs();
      const result = await this.#find(session.userId, params, startMs + this.#options.longestMs);
      onDone(clock.monotonicMs() - startMs);
      return result;
    });
  }

  async #find(userId: UserId, params: Params<'chat.search'>, endMs: number): Promise<Result<'chat.search'>> {
    const { cursor, limit, ...asked } = params;
    const criteria = new Criteria(asked);
    const start = cursor === undefined ? fromMoment(asked.to ?? endOfTime) : readCursor(cursor);
    const waiting = this.#options.pendingOf(userId);
    const pending = cursor === undefined ? pendingHits(criteria, waiting).slice(0, limit) : [];
    try {
      const { hits, nextCursor, partial } = await this.#stored(userId, params, { criteria, start, endMs, waiting });
      const stored = new Set(hits.map(keyOf));
      return {
        hits: [...pending.filter((hit) => !stored.has(keyOf(hit))), ...hits],
        ...(nextCursor === undefined ? {} : { nextCursor }),
        ...(partial ? { partial } : {}),
      };
    } catch (error) {
      if (!(error instanceof UCError) || error.code !== 'STORAGE_UNAVAILABLE' || cursor !== undefined) throw error;
      return { hits: pending, partial: true };
    }
  }

  /** What SQL holds, the newest first, from `start` on. */
  async #stored(
    userId: UserId,
    { conversationId, from = 0, limit }: Params<'chat.search'>,
    { criteria, start, endMs, waiting }: Task,
  ): Promise<{ hits: Stored[]; nextCursor?: string; partial: boolean }> {
    const { repository, clock, longestMs } = this.#options;
    const changes = changesOf(waiting);
    const isOver = () => clock.monotonicMs() >= endMs;
    const found = new Map<string, Stored>();
    const take = async (candidates: readonly Candidate[]) => {
      for (const hit of await this.#hits(criteria, candidates, changes)) found.set(keyOf(hit), hit);
    };
    // What the index does not know is found first, because it may belong anywhere in the order.
    let partial = false;
    for await (const candidates of readTails(repository, userId, conversationId)) {
      await take(candidates);
      partial = clock.monotonicMs() >= endMs - longestMs / 2;
      if (partial) break;
    }
    await take(await this.#edited(changes, userId));
    const { prefixes } = criteria;
    const walk = walkIndex({ repository, userId, conversationId, prefixes, start, from, limit: limit + 1 });
    for await (const { candidates, reached } of walk) {
      await take(candidates);
      const isDone = reached === undefined;
      const ready = [...found.values()]
        .filter((hit) => comparePlaces(start, hit) < 0 && (isDone || comparePlaces(hit, reached) <= 0))
        .sort(comparePlaces);
      const hits = ready.slice(0, limit);
      const last = hits.at(-1);
      if (ready.length > limit && last !== undefined) return { hits, nextCursor: writeCursor(last), partial };
      if (isDone) return { hits, partial };
      if (isOver()) return { hits, nextCursor: writeCursor(reached), partial: true };
    }
    throw new Error('the walk ended before it reached the end');
  }

  async #hits(criteria: Criteria, candidates: readonly Candidate[], changes: Changes): Promise<Stored[]> {
    const present = await presentOf(candidates, this.#options.repository, changes);
    return present.flatMap(({ message, edit }) => {
      const hit = criteria.hit(message, edit);
      return hit === undefined ? [] : { ...hit, seq: message.seq };
    });
  }

  /** Stored messages whose new text is pending. */
  async #edited({ edits }: Changes, userId: UserId): Promise<Candidate[]> {
    const { repository, access } = this.#options;
    const found: Candidate[] = [];
    for (const edit of edits.values()) {
      const { conversationId } = edit;
      const target = targetOf(edit);
      const { from, upTo } = await access.reading(conversationId, userId);
      for (const entry of await repository.entries(conversationId, target === undefined ? [] : [target]))
        if (entry.seq >= from && entry.seq <= upTo) found.push({ entry, visibleUpTo: upTo });
    }
    return found;
  }
}

interface Task {
  readonly criteria: Criteria;
  readonly start: Place;
  readonly endMs: number;
  readonly waiting: readonly NewEntry[];
}

/** Messages that are not in SQL yet, the newest first. */
function pendingHits(criteria: Criteria, waiting: readonly NewEntry[]): SearchHit[] {
  const { edits, deleted } = changesOf(waiting);
  return waiting
    .filter((entry) => !deleted.has(keyOf(entry)))
    .flatMap((entry) => criteria.hit(entry, edits.get(keyOf(entry))) ?? [])
    .sort((one, other) => other.at - one.at);
}
