import { type MessageLimits, messageLimits } from './limits.ts';
import type { Received } from './message.ts';
import { complete, type Head, parseHead, type Refusal } from './parser.ts';

/** What a stream brings. After a `broken` nothing more can be read from it: where the next message begins is not known. */
export type StreamItem =
  | { readonly kind: 'message'; readonly message: Received }
  /** One message was refused; the stream goes on behind it. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** CR LF CR LF between messages: the peer wants a CR LF back (RFC 5626 4.4.1). */
  | { readonly kind: 'ping' }
  /** A single CR LF: a pong, or the first half of a ping. */
  | { readonly kind: 'half-ping' }
  | { readonly kind: 'broken'; readonly refusal: Refusal };

/** Finds messages in a stream by their Content-Length, which they must have there (RFC 3261 18.3). */
export class StreamReader {
  readonly #limits: MessageLimits;
  #buffer = '';
  /** Up to where no end of the header fields was found. */
  #searched = 0;
  #head: Head | undefined;
  #isHalfPing = false;

  constructor(limits: MessageLimits = messageLimits) {
    this.#limits = limits;
  }

  /** Whether a message has begun and not ended: its sender must not take for ever. */
  get isAmidMessage(): boolean {
    return this.#head !== undefined || this.#buffer.length > 0;
  }

  /** @param text a byte string */
  *push(text: string): Generator<StreamItem> {
    this.#buffer += text;
    for (let item = this.#next(); item !== undefined; item = this.#next()) {
      yield item;
      if (item.kind === 'broken') return;
    }
  }

  #next(): StreamItem | undefined {
    if (this.#head !== undefined) return this.#body(this.#head);
    if (this.#buffer.startsWith('\r\n')) return this.#keepAlive();
    if (this.#buffer === '' || this.#buffer === '\r') return undefined;
    this.#isHalfPing = false;
    const end = this.#buffer.indexOf('\r\n\r\n', this.#searched);
    if (end < 0) {
      this.#searched = Math.max(0, this.#buffer.length - 3);
      return this.#buffer.length > this.#limits.bytes ? broken('Message Too Large') : undefined;
    }
    const parsed = end > this.#limits.bytes ? undefined : parseHead(this.#buffer.slice(0, end), this.#limits);
    this.#buffer = this.#buffer.slice(end + 4);
    this.#searched = 0;
    if (parsed === undefined) return broken('Message Too Large');
    if (!parsed.ok) return { kind: 'broken', refusal: parsed.refusal };
    const { start, headers, contentLength } = parsed.value;
    const tooLarge = contentLength !== undefined && end + 4 + contentLength > this.#limits.bytes;
    if (contentLength === undefined || tooLarge) {
      const [status, reason] = tooLarge ? [513, 'Message Too Large'] : [400, 'Missing Content-Length'];
      const answer = start.kind === 'request' && start.method !== 'ACK' ? { status, reason, headers } : undefined;
      return { kind: 'broken', refusal: { problem: reason, answer } };
    }
    this.#head = parsed.value;
    return this.#body(parsed.value);
  }

  #body(head: Head): StreamItem | undefined {
    const length = head.contentLength ?? 0;
    if (this.#buffer.length < length) return undefined;
    const body = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    this.#head = undefined;
    const result = complete(head, body);
    return result.ok ? { kind: 'message', message: result.value } : { kind: 'refused', refusal: result.refusal };
  }

  /** Each second CR LF in a row completes a ping, in whatever pieces they come. */
  #keepAlive(): StreamItem {
    this.#buffer = this.#buffer.slice(2);
    this.#isHalfPing = !this.#isHalfPing;
    return { kind: this.#isHalfPing ? 'half-ping' : 'ping' };
  }
}

function broken(problem: string): StreamItem {
  return { kind: 'broken', refusal: { problem, answer: undefined } };
}
