import { UCError } from '#shared/protocol/errors.ts';
import type { EntryId, FileRef, MessageBody } from './types.ts';

/** What a person writes: a text, whom it calls, what it answers, finished uploads that go with it. */
export interface Written extends Readonly<Omit<MessageBody, 'files'>> {
  readonly files?: readonly FileRef[] | undefined;
}

/** A message as it was written. */
export interface NewMessage extends Written {
  readonly entryId: EntryId;
  /** When it was written: milliseconds since 1970. */
  readonly at: number;
}

/** A message that is not in the log yet. */
export interface Outgoing extends NewMessage {
  readonly state: 'waiting' | 'sending' | 'failed';
  /** Why it failed. */
  readonly error?: UCError;
}

/** What became of a message: it has its number, or its place among those that are pending. */
export type Taken = { readonly seq: number; readonly at: number } | { readonly pending: number; readonly at: number };

/** What of a message was written. */
export function writtenOf({ text, mentions, replyTo, files }: Written): Written {
  const given = Object.entries({ mentions, replyTo, files }).filter(([, value]) => value !== undefined);
  return { text, ...Object.fromEntries(given) };
}

/** What of a message is sent: of its files the server knows more than we do. */
export function bodyOf(written: Written): MessageBody {
  const { files, ...rest } = writtenOf(written);
  return files === undefined ? rest : { ...rest, files: files.map(({ fileId }) => fileId) };
}

export interface OutgoingQueueOptions {
  /** Sends one message and waits for the answer, over reconnects if need be. The same entryId may be sent again. */
  readonly send: (message: Outgoing) => Promise<Taken>;
  /** The message is acknowledged. Called before the queue forgets it. */
  readonly onTaken: (message: Outgoing, taken: Taken) => void;
  readonly onChange: () => void;
}

/**
 * The messages of one conversation on their way, one after another, so that they arrive in the order in which they were
 * written. What cannot be stored now keeps its text and holds back those behind it until it is tried again; what the server
 * refuses for good does not.
 */
export class OutgoingQueue {
  readonly #options: OutgoingQueueOptions;
  #items: readonly Outgoing[] = [];
  #busy = false;

  constructor(options: OutgoingQueueOptions) {
    this.#options = options;
  }

  get items(): readonly Outgoing[] {
    return this.#items;
  }

  add(message: NewMessage): void {
    this.#set([...this.#items, { ...message, state: 'waiting' }]);
    void this.#pump();
  }

  /** Tries again what has failed: one message, or all that may succeed later. */
  retry(entryId?: EntryId): void {
    const again = (item: Outgoing) =>
      item.state === 'failed' && (entryId === undefined ? item.error?.retryable === true : item.entryId === entryId);
    if (!this.#items.some(again)) return;
    this.#set(this.#items.map((item) => (again(item) ? { ...newMessage(item), state: 'waiting' } : item)));
    void this.#pump();
  }

  /** Forgets a failed message; one that is being sent cannot be taken back. */
  discard(entryId: EntryId): void {
    this.#set(this.#items.filter((item) => item.entryId !== entryId || item.state === 'sending'));
    void this.#pump();
  }

  /** It was heard of from the server, so it got there although no answer said so. */
  arrived(entryId: EntryId): void {
    if (this.#items.some((item) => item.entryId === entryId)) this.discard(entryId);
  }

  async #pump(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) await this.#sendOne(next);
    } finally {
      this.#busy = false;
    }
  }

  #next(): Outgoing | undefined {
    const first = this.#items.find(({ state, error }) => state !== 'failed' || error?.retryable === true);
    return first?.state === 'waiting' ? first : undefined;
  }

  async #sendOne(item: Outgoing): Promise<void> {
    const written = newMessage(item);
    const message: Outgoing = { ...written, state: 'sending' };
    this.#replace(message);
    try {
      const taken = await this.#options.send(message);
      this.#options.onTaken(message, taken);
      this.#set(this.#items.filter(({ entryId }) => entryId !== written.entryId));
    } catch (error) {
      const known = error instanceof UCError ? error : new UCError('INTERNAL', String(error), { cause: error });
      // No answer in time says nothing; sent again, the same message is the same entry.
      if (known.code === 'OUTCOME_UNKNOWN') this.#replace({ ...written, state: 'waiting' });
      else this.#replace({ ...written, state: 'failed', error: known });
    }
  }

  #replace(message: Outgoing): void {
    this.#set(this.#items.map((item) => (item.entryId === message.entryId ? message : item)));
  }

  #set(items: readonly Outgoing[]): void {
    this.#items = items;
    this.#options.onChange();
  }
}

function newMessage(item: Outgoing): NewMessage {
  return { ...writtenOf(item), entryId: item.entryId, at: item.at };
}
