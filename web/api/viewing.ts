import { type ChatLog, withEarlier } from './chat-log.ts';
import { type ShownMessage, shownMessages } from './chat-view.ts';
import type { Client } from './client.ts';
import { type HistoryWindow, HistoryWindows, isUpToDate, windowMessages } from './history-window.ts';
import type { LogReader } from './log-reader.ts';
import { QuotedMessages } from './quoted-messages.ts';
import type { Entry, EntryId, PendingEntry } from './types.ts';

/** Up to this many older entries are read so that nothing is left out; what is further back is shown on its own. */
const mostReadDown = 600;

/** The part of a conversation that is being looked at: its newest part, or one far back. */
export interface ShownPart {
  /** In order, without gaps. */
  readonly entries: readonly Entry[];
  readonly messages: readonly ShownMessage[];
  /** Nothing is older. */
  readonly isFirst: boolean;
  /** Nothing is newer. */
  readonly isNewest: boolean;
}

/** Where somebody wants to look; a new object each time. */
export interface WantedPlace {
  readonly seq: number;
}

export interface ViewingOptions {
  readonly client: Client;
  readonly reader: LogReader;
  readonly log: () => ChatLog;
  /** What was looked at has become part of the log. */
  readonly onLog: (log: ChatLog) => void;
  readonly changed: () => void;
}

/** Which part of one conversation somebody looks at, as messages. */
export class Viewing {
  readonly #options: ViewingOptions;
  readonly #windows: HistoryWindows;
  readonly #quoted: QuotedMessages;
  #newest: (Pick<ChatLog, 'entries' | 'pending'> & { readonly messages: readonly ShownMessage[] }) | undefined;
  #window: HistoryWindow | undefined;
  #part: { readonly window: HistoryWindow; readonly log: ChatLog; readonly shown: ShownPart } | undefined;
  #wanted: WantedPlace | undefined;

  constructor(options: ViewingOptions) {
    const { client, changed, log } = options;
    const { conversationId } = log();
    this.#options = options;
    this.#windows = new HistoryWindows(client, conversationId);
    this.#quoted = new QuotedMessages({ client, conversationId, changed });
  }

  /** The newest messages, with what is pending. */
  get messages(): readonly ShownMessage[] {
    const { entries, pending } = this.#options.log();
    if (this.#newest?.entries !== entries || this.#newest.pending !== pending)
      this.#newest = { entries, pending, messages: shownMessages([...entries, ...pending]) };
    return this.#newest.messages;
  }

  get shown(): ShownPart {
    const log = this.#options.log();
    const window = this.#window;
    if (window === undefined) return { entries: log.entries, messages: this.messages, isFirst: log.complete, isNewest: true };
    if (this.#part?.window !== window || this.#part.log !== log) {
      const { entries, complete: isFirst } = window;
      this.#part = { window, log, shown: { entries, messages: windowMessages(window, log), isFirst, isNewest: false } };
    }
    return this.#part.shown;
  }

  get wanted(): WantedPlace | undefined {
    return this.#wanted;
  }

  message(entryId: EntryId): ShownMessage | null | undefined {
    const has = (message: ShownMessage) => message.entryId === entryId;
    return this.messages.find(has) ?? this.shown.messages.find(has) ?? this.#quoted.get(entryId);
  }

  /** @throws UCError */
  async openAt(seq: number): Promise<void> {
    const { reader, log, changed } = this.#options;
    await reader.newest();
    const first = log().entries[0]?.seq ?? 1;
    if (first - seq > mostReadDown) this.#window = await this.#windows.around(seq);
    else {
      await reader.downTo(seq);
      this.#window = undefined;
    }
    this.#wanted = { seq };
    this.#join();
    changed();
  }

  openNewest(): void {
    this.#window = undefined;
    this.#wanted = undefined;
    this.#options.changed();
  }

  /** @throws UCError */
  earlier(): Promise<void> {
    if (this.#window === undefined) return this.#options.reader.earlier();
    return this.#extend((window) => this.#windows.earlier(window));
  }

  /** @throws UCError */
  later(): Promise<void> {
    return this.#extend((window) => this.#windows.later(window));
  }

  heard(entry: Entry | PendingEntry): void {
    this.#quoted.heard(entry);
  }

  /** What was read for itself may hold texts that are no longer kept. */
  emptied(upTo: number): void {
    this.#quoted.emptied(upTo);
  }

  /** The log has changed; a part of it that may have become wrong is left. */
  check(): void {
    if (this.#window !== undefined && !isUpToDate(this.#window, this.#options.log())) this.#window = undefined;
  }

  /** What was shown may have been left while a page was read. */
  async #extend(read: (window: HistoryWindow) => Promise<HistoryWindow>): Promise<void> {
    const window = this.#window;
    if (window === undefined) return;
    const extended = await read(window);
    if (this.#window !== window) return;
    this.#window = extended;
    this.#join();
    this.#options.changed();
  }

  /** A window that has reached the newest part becomes part of it. */
  #join(): void {
    const { log, onLog } = this.#options;
    const window = this.#window;
    const first = log().entries[0]?.seq;
    if (window === undefined || first === undefined || (window.entries.at(-1)?.seq ?? 0) < first - 1) return;
    this.#window = undefined;
    onLog(withEarlier(log(), window.entries, !window.complete));
  }
}
