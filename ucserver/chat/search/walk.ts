import type { ConversationId, UserId } from '#shared/ids.ts';
import type { Candidate, Part, SearchRepository } from './repository.ts';
import { comparePlaces, fromMoment, type Place } from './search-order.ts';

export interface WalkOptions {
  readonly repository: Pick<SearchRepository, 'parts' | 'candidates'>;
  readonly userId: UserId;
  readonly conversationId: ConversationId | undefined;
  readonly prefixes: readonly string[];
  /** Only what comes after this place. */
  readonly start: Place;
  /** Only what was said at this moment or later. */
  readonly from: number;
  /** Candidates of one step. */
  readonly limit: number;
}

export interface WalkStep {
  /** In order. */
  readonly candidates: readonly Candidate[];
  /** Nothing is left before this place; `undefined`: nothing is left at all. */
  readonly reached: Place | undefined;
}

const partsPage = 500;
/** The parts that are looked into first; each further look takes more, because what was found so far was too little. */
const firstParts = 4;
const mostParts = 256;
const growth = 4;

/**
 * Goes through what the index holds for a user, the newest first. Parts overlap in time, so it goes in windows of time that end
 * where the next part, which is not looked into yet, begins to matter. Each step is one bounded query.
 */
export async function* walkIndex({ start, from, limit, ...options }: WalkOptions): AsyncGenerator<WalkStep> {
  const { repository, userId, conversationId, prefixes } = options;
  const parts: Part[] = [];
  let isLastPage = false;
  let place = start;
  for (let opened = 0, size = firstParts; ; size = Math.min(size * growth, mostParts)) {
    while (!isLastPage && parts.length <= opened + size) {
      const page = { conversationId, from, upTo: start.at, before: parts.at(-1), limit: partsPage };
      const more = await repository.parts(userId, page);
      parts.push(...more);
      isLastPage = more.length < partsPage;
    }
    opened = Math.min(opened + size, parts.length);
    const next = parts[opened];
    const later = Math.max(next?.lastAt ?? 0, from - 1);
    const within = parts.slice(0, opened).filter(({ firstAt, lastAt }) => lastAt > later && firstAt <= place.at);
    for (let isFull = within.length > 0; isFull; ) {
      const found: Candidate[] = [];
      for (let at = 0; at < within.length; at += mostParts) {
        const numbers = within.slice(at, at + mostParts).map(({ number }) => number);
        found.push(...(await repository.candidates({ userId, parts: numbers, prefixes, after: place, later, limit })));
      }
      const candidates = found.sort((one, other) => comparePlaces(one.entry, other.entry)).slice(0, limit);
      isFull = candidates.length === limit;
      place = candidates.at(-1)?.entry ?? place;
      yield { candidates, reached: place };
    }
    if (next === undefined) break;
    const end = fromMoment(later);
    if (comparePlaces(place, end) < 0) place = end;
  }
  yield { candidates: [], reached: undefined };
}
