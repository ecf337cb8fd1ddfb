import type { SearchHit } from '#shared/protocol/chat-search.ts';
import type { Params } from '#shared/protocol/index.ts';
import type { NewEntry } from '../commit-plan.ts';
import { authorToken, fileToken, searchedMessage } from './searched-message.ts';
import { snippetOf } from './snippet.ts';
import { matches, termsOf } from './words.ts';

type Asked = Omit<Params<'chat.search'>, 'cursor' | 'limit'>;

/** What somebody searches for. */
export class Criteria {
  readonly #asked: Asked;
  readonly #terms: ReturnType<typeof termsOf>;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#terms = termsOf(asked.words ?? '');
  }

  /** Every message that fits has, for each of these, a token in the index that begins with it. */
  get prefixes(): readonly string[] {
    const { author, hasFile } = this.#asked;
    return [
      ...this.#terms.prefixes,
      ...(author === undefined ? [] : [authorToken(author)]),
      ...(hasFile === undefined ? [] : [fileToken]),
    ];
  }

  /** @param edit the last one that the reader may see. @returns the hit, if the message fits. */
  hit(message: NewEntry & { readonly seq?: number }, edit: NewEntry | undefined): SearchHit | undefined {
    const { author, conversationId, from = 0, to = Number.POSITIVE_INFINITY, hasFile } = this.#asked;
    if (author !== undefined && message.author !== author) return undefined;
    if (conversationId !== undefined && message.conversationId !== conversationId) return undefined;
    if (message.at < from || message.at > to) return undefined;
    const searched = searchedMessage(message, edit);
    if (searched === undefined || (hasFile === true && !searched.hasFile)) return undefined;
    const marks = matches(this.#terms, searched.text);
    if (marks === undefined) return undefined;
    return {
      conversationId: message.conversationId,
      entryId: message.entryId,
      ...(message.seq === undefined ? {} : { seq: message.seq }),
      author: message.author,
      at: message.at,
      snippet: snippetOf(searched.text, marks),
    };
  }
}
