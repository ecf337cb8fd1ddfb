import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';
import { UCError } from '#shared/protocol/errors.ts';
import type { Account } from '#test/support/company.ts';
import { Person } from '#test/support/person.ts';
import type { Seeded } from '#test/support/seeded.ts';
import type { Entry, EntryId, LiveConversation, PendingEntry } from '#web/api/index.ts';

const emojis = ['👍', '🎉', '👀'];

/** Somebody who writes, edits, takes back and reacts in their conversations, on a connection that can be torn. */
export class Writer {
  readonly person: Person;
  readonly conversations: LiveConversation[] = [];
  /** Messages, which are acknowledged when they are out of the queue, and what else was acknowledged, as far as its id is known. */
  readonly written: { readonly live: LiveConversation; readonly entryId: EntryId }[] = [];
  /** Texts of edits that were acknowledged. */
  readonly edited: string[] = [];
  readonly #random: Seeded;
  readonly #acts: Promise<void>[] = [];
  #socket: WebSocket | undefined;
  #count = 0;

  constructor(account: Account, servers: readonly string[], random: Seeded) {
    this.#random = random;
    const opened = (socket: WebSocket) => {
      this.#socket = socket;
    };
    class Tearable extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        opened(this);
      }
    }
    // The same interface, and it can end a connection without saying goodbye.
    this.person = new Person(account, { servers, WebSocket: Tearable as unknown as typeof globalThis.WebSocket });
  }

  /** The connection breaks in the middle of whatever it was doing. */
  tear(): void {
    this.#socket?.terminate();
  }

  /** Writes and changes until told to stop. */
  async write(mayGoOn: () => boolean): Promise<void> {
    while (mayGoOn()) {
      const live = this.#random.of(this.conversations);
      const kind = this.#random.next();
      if (kind < 0.6) this.#send(live);
      else if (kind < 0.65) this.#repeat(live);
      else this.#change(live, kind);
      await pause(this.#random.between(150, 900));
    }
  }

  /** Nothing of this writer waits for an answer. @returns what does */
  get unanswered(): readonly string[] {
    return this.conversations.flatMap(({ outgoing }) =>
      outgoing.map(({ text, state, error }) => `${text} ${state} ${error?.code ?? ''}`),
    );
  }

  /** Resolves when every change has had its answer. */
  async answered(): Promise<void> {
    await Promise.all(this.#acts);
  }

  #send(live: LiveConversation): void {
    const entryId = live.send(`${this.person.name} ${++this.#count}`);
    this.written.push({ live, entryId });
  }

  #change(live: LiveConversation, kind: number): void {
    const { userId } = this.person;
    const messages = live.messages.filter(({ text }) => text !== undefined).slice(-10);
    const own = messages.filter(({ author }) => author === userId);
    if (kind < 0.8 && messages.length > 0) {
      this.#react(live, this.#random.of(messages).entryId);
    } else if (kind < 0.93 && own.length > 0) {
      const text = `${this.person.name} ${++this.#count}, edited`;
      this.#act(live.edit(this.#random.of(own).entryId, text).then(() => void this.edited.push(text)));
    } else if (own.length > 0) {
      this.#act(live.takeBack(this.#random.of(own).entryId));
    }
  }

  #react(live: LiveConversation, target: EntryId): void {
    const emoji = this.#random.of(emojis);
    const on = this.#random.next() < 0.7;
    const isIt = ({ author, kind, body }: Entry | PendingEntry) =>
      author === this.person.userId && kind === 'reaction' && body.target === target && body.emoji === emoji && body.on === on;
    this.#act(
      live.react(target, emoji, on).then(() => {
        const taken = [...live.log.entries, ...live.log.pending].findLast(isIt);
        if (taken !== undefined) this.written.push({ live, entryId: taken.entryId });
      }),
    );
  }

  /** The same message again, wherever this writer is signed in by now. */
  #repeat(live: LiveConversation): void {
    const { userId, client } = this.person;
    const isMine = ({ author, kind, body }: Entry | PendingEntry) =>
      author === userId && kind === 'message' && body.text !== undefined;
    const [sent] = [...live.log.entries, ...live.log.pending].filter(isMine).slice(-2);
    if (sent === undefined) return;
    const { conversationId, entryId, body } = sent;
    this.#act(client.call('chat.send', { conversationId, entryId, body: { text: String(body.text) } }));
  }

  /** A change may be refused while its target cannot be read; what counts is that what was acknowledged is there. */
  #act(act: Promise<unknown>): void {
    this.#acts.push(
      act.then(
        () => undefined,
        (error: unknown) => {
          if (!(error instanceof UCError) || !refusals.has(error.code)) throw error;
        },
      ),
    );
  }
}

const refusals: ReadonlySet<string> = new Set(['STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'NOT_FOUND']);
