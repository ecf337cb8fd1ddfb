import type { SearchHit } from '#shared/protocol/chat-search.ts';
import type { Client } from './client.ts';
import type { ParamsIn } from './types.ts';

/** What to search for; at least one criterion, and all that are given must hold. */
export type SearchCriteria = Omit<ParamsIn<'chat.search'>, 'cursor' | 'limit'>;

/** One search of messages, read page by page. */
export class MessageSearch {
  readonly #client: Pick<Client, 'call'>;
  readonly #criteria: SearchCriteria;
  readonly #pageHits: number;
  readonly #hits: SearchHit[] = [];
  readonly #known = new Set<string>();
  #cursor: string | undefined;
  #state: 'new' | 'more' | 'end' = 'new';
  #isPartial = false;
  #reading: Promise<void> | undefined;

  /** @param pageHits what each page holds at most, 1–50 */
  constructor(client: Pick<Client, 'call'>, criteria: SearchCriteria, pageHits = 20) {
    this.#client = client;
    this.#criteria = criteria;
    this.#pageHits = pageHits;
  }

  /** What was found so far: what is pending first, then the newest first. */
  get hits(): readonly SearchHit[] {
    return this.#hits;
  }

  /** Whether {@link more} may find something. */
  get hasMore(): boolean {
    return this.#state !== 'end';
  }

  /** Something may be missing among the hits: the database is away, or a page took too long. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  /** Reads the next page; calls at the same time share one. @throws UCError */
  more(): Promise<void> {
    if (!this.hasMore) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const page = { ...this.#criteria, cursor: this.#cursor, limit: this.#pageHits };
    const { hits, nextCursor, partial = false } = await this.#client.call('chat.search', page);
    for (const hit of hits) {
      // What was pending on the first page may stand under its number on a later one.
      const key = `${hit.conversationId}/${hit.entryId}`;
      if (!this.#known.has(key)) this.#hits.push(hit);
      this.#known.add(key);
    }
    this.#cursor = nextCursor;
    this.#state = nextCursor === undefined ? 'end' : 'more';
    this.#isPartial ||= partial;
  }
}
