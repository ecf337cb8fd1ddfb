/**
 * SIP messages in memory.
 *
 * All texts here are *byte strings*: each character stands for one byte (latin1), whatever the encoding of the message is. So
 * nothing is lost when a message is passed on, lengths are lengths in bytes, and a body may hold anything.
 */

/** Header fields in the order in which they were sent; names as `headerName` writes them. */
export class Headers {
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  get size(): number {
    return this.#names.length;
  }

  add(name: string, value: string): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  /** The first value of this name. */
  get(name: string): string | undefined {
    const index = this.#names.indexOf(name);
    return index < 0 ? undefined : this.#values[index];
  }

  all(name: string): string[] {
    return this.#values.filter((_, index) => this.#names[index] === name);
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  count(name: string): number {
    let count = 0;
    for (const each of this.#names) if (each === name) count += 1;
    return count;
  }

  /** Replaces the first value of this name, or adds it. */
  set(name: string, value: string): void {
    const index = this.#names.indexOf(name);
    if (index < 0) this.add(name, value);
    else this.#values[index] = value;
  }

  *entries(): Generator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.#names.length; index += 1) yield [this.#names[index] ?? '', this.#values[index] ?? ''];
  }

  /** As lines of a message, each with its CR LF. */
  toText(): string {
    let text = '';
    for (let index = 0; index < this.#names.length; index += 1) text += `${this.#names[index]}: ${this.#values[index]}\r\n`;
    return text;
  }
}

export interface RequestLine {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
}

export interface StatusLine {
  readonly kind: 'response';
  /** 100 to 699. */
  readonly status: number;
  readonly reason: string;
}

export interface SipMessage<Start extends RequestLine | StatusLine = RequestLine | StatusLine> {
  readonly start: Start;
  readonly headers: Headers;
  readonly body: string;
}

/** What both ends need of every message, read once. */
export interface Essentials {
  readonly via: Via;
  readonly callId: string;
  readonly fromTag: string;
  readonly toTag: string;
  readonly cseq: CSeq;
}

export interface CSeq {
  readonly seq: number;
  readonly method: string;
}

/** The topmost Via. */
export interface Via {
  /** As written, for example `UDP`. */
  readonly transport: string;
  /** Name or address; IPv6 in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** In their order; without a value: the empty text. */
  readonly params: ReadonlyMap<string, string>;
}

/** A message from the network that was found well formed. */
export interface Received<Start extends RequestLine | StatusLine = RequestLine | StatusLine>
  extends SipMessage<Start>,
    Essentials {}

export type ReceivedRequest = Received<RequestLine>;
export type ReceivedResponse = Received<StatusLine>;

export function isRequest(message: Received): message is ReceivedRequest {
  return message.start.kind === 'request';
}
