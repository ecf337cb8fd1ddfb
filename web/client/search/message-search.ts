import type { SearchHit } from '#shared/protocol/chat-search.ts';
import { type Client, type ParamsIn, UCError } from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';
import { noCriteria, type SearchCriteria, searchParams, type WrongCriteria } from './search-criteria.ts';

/** Typing pauses this long before the server is asked. */
const pauseMs = 250;
const pageSize = 30;

export interface SearchResults {
  readonly state: 'idle' | 'loading' | 'ready' | 'failed';
  readonly hits: readonly SearchHit[];
  /** There are older ones. */
  readonly more: boolean;
  /** The server stopped early. */
  readonly partial: boolean;
  readonly error?: UCError | undefined;
  readonly wrong?: WrongCriteria | undefined;
}

const nothing: SearchResults = { state: 'idle', hits: [], more: false, partial: false };

/** The search of messages: what one looks for and what was found, kept while one looks at a hit. */
export class MessageSearch {
  readonly criteria = new Store<SearchCriteria>(noCriteria);
  readonly results = new Store<SearchResults>(nothing);
  readonly #client: Client;
  #asked = 0;
  #cursor: string | undefined;
  #timer: ReturnType<Client['clock']['after']> | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Looks for something else, after a pause. */
  look(change: Partial<SearchCriteria>): void {
    this.criteria.set({ ...this.criteria.value, ...change });
    this.#timer?.stop();
    this.#asked++;
    const params = searchParams(this.criteria.value);
    if (params === undefined || typeof params === 'string') {
      this.results.set({ ...nothing, wrong: params });
      return;
    }
    this.results.set({ ...this.results.value, state: 'loading', error: undefined, wrong: undefined });
    this.#timer = this.#client.clock.after(pauseMs, () => void this.#ask(params));
  }

  /** The next page, or the rest of a search that was stopped. */
  async loadMore(): Promise<void> {
    const params = searchParams(this.criteria.value);
    const { state, more } = this.results.value;
    if (state !== 'ready' || !more || params === undefined || typeof params === 'string') return;
    await this.#ask(params, this.#cursor);
  }

  retry(): void {
    this.look({});
  }

  async #ask(params: ParamsIn<'chat.search'>, cursor?: string): Promise<void> {
    const turn = ++this.#asked;
    const before = cursor === undefined ? [] : this.results.value.hits;
    this.results.set({ ...this.results.value, state: 'loading' });
    try {
      const page = { ...params, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
      const { hits, nextCursor, partial = false } = await this.#client.call('chat.search', page);
      if (turn !== this.#asked) return;
      this.#cursor = nextCursor;
      this.results.set({ state: 'ready', hits: [...before, ...hits], more: nextCursor !== undefined, partial });
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (turn === this.#asked) this.results.set({ ...nothing, hits: before, state: 'failed', error });
    }
  }
}
