import type { JournalEntry } from '#shared/protocol/journal.ts';
import { type Client, type EventFields, type ParamsIn, UCError, type Unsubscribe } from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';
import { type CallFilter, everyCall, filterParams, isEveryCall } from './call-filter.ts';

export interface CallList {
  readonly state: 'idle' | 'loading' | 'ready' | 'failed';
  /** The newest first. */
  readonly entries: readonly JournalEntry[];
  /** There are older ones. */
  readonly more: boolean;
  /** The database is away: only what waits for it is here. */
  readonly partial: boolean;
  readonly error?: UCError | undefined;
  readonly wrongDays?: true;
}

const nothing: CallList = { state: 'idle', entries: [], more: false, partial: false };
/** Typing pauses this long before the server is asked. */
const pauseMs = 250;
const againMs = 3_000;
const pageSize = 50;

/** The user's past calls, kept in step with the servers; read when they are first looked at. */
export class CallJournal {
  readonly filter = new Store<CallFilter>(everyCall);
  readonly list = new Store<CallList>(nothing);
  /** Missed calls that were not seen. */
  readonly unread = new Store<number>(0);
  readonly #client: Client;
  readonly #off: Unsubscribe[];
  #session: string | undefined;
  #asked = 0;
  #cursor: string | undefined;
  #timer: ReturnType<Client['clock']['after']> | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#off = [
      client.on('journal.entry', (entry) => this.#take(entry)),
      client.on('journal.removed', ({ callIds }) => this.#drop(callIds)),
      client.on('journal.read', (read) => this.#markSeen(read)),
      client.on('journal.unread', ({ missed }) => this.unread.set(missed)),
      client.onState(() => this.#renew()),
    ];
    this.#renew();
  }

  close(): void {
    for (const off of this.#off) off();
    this.#timer?.stop();
    this.#asked++;
    this.#session = undefined;
  }

  /** The list is looked at: reads it unless it is here. */
  show(): void {
    const { state } = this.list.value;
    if (state === 'idle' || state === 'failed') this.#reload(0);
  }

  /** Shows other calls, after a pause. */
  look(change: Partial<CallFilter>): void {
    this.filter.set({ ...this.filter.value, ...change });
    this.#reload(pauseMs);
  }

  retry(): void {
    this.#reload(0);
  }

  async loadMore(): Promise<void> {
    const params = filterParams(this.filter.value);
    const { state, more } = this.list.value;
    if (state === 'ready' && more && params !== 'wrongDays') await this.#ask(params, this.#cursor);
  }

  /** Everything up to now was seen. Does nothing when nothing is unread; tries again with the next call that comes. */
  async markSeen(): Promise<void> {
    if (this.unread.value === 0) return;
    try {
      this.unread.set((await this.#client.call('journal.markRead', { upTo: this.#client.now() })).missed);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
    }
  }

  /** @throws UCError */
  async note(callId: JournalEntry['callId'], note: string): Promise<void> {
    this.#take((await this.#client.call('journal.note', { callId, note })).entry);
  }

  /** @throws UCError */
  async remove(callId: JournalEntry['callId']): Promise<void> {
    await this.#client.call('journal.remove', { callIds: [callId] });
    this.#drop([callId]);
  }

  #renew(): void {
    const { state } = this.#client;
    if (state.phase !== 'open' || state.welcome.sessionId === this.#session) return;
    this.#session = state.welcome.sessionId;
    void this.#count(this.#session);
    if (this.list.value.state !== 'idle') this.#reload(0);
  }

  async #count(session: string): Promise<void> {
    try {
      this.unread.set((await this.#client.call('journal.unread', {})).missed);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      // When the database is back, the server says it by itself only if something has changed.
      if (error.retryable) this.#client.clock.after(againMs, () => session === this.#session && void this.#count(session));
    }
  }

  #reload(afterMs: number): void {
    this.#timer?.stop();
    this.#asked++;
    const params = filterParams(this.filter.value);
    if (params === 'wrongDays') {
      this.list.set({ ...nothing, state: 'ready', wrongDays: true });
      return;
    }
    const { entries } = this.list.value;
    this.list.set({ ...nothing, entries, state: 'loading' });
    this.#timer = this.#client.clock.after(afterMs, () => void this.#ask(params));
  }

  async #ask(params: ParamsIn<'journal.list'>, cursor?: string): Promise<void> {
    const turn = ++this.#asked;
    const before = cursor === undefined ? [] : this.list.value.entries;
    this.list.set({ ...this.list.value, state: 'loading' });
    try {
      const page = { ...params, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
      const { entries, nextCursor, partial = false } = await this.#client.call('journal.list', page);
      if (turn !== this.#asked) return;
      this.#cursor = nextCursor;
      const known = new Set(before.map(({ callId }) => callId));
      const all = [...before, ...entries.filter(({ callId }) => !known.has(callId))];
      this.list.set({ state: 'ready', entries: all, more: nextCursor !== undefined, partial });
      if (partial) this.#timer = this.#client.clock.after(againMs, () => void this.#ask(params));
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (turn === this.#asked) this.list.set({ ...nothing, entries: before, state: 'failed', error });
    }
  }

  #take(entry: JournalEntry): void {
    const list = this.list.value;
    if (list.state === 'idle') return;
    const known = list.entries.some(({ callId }) => callId === entry.callId);
    if (!known && !isEveryCall(this.filter.value)) {
      // Whether it belongs here is for the server to say.
      this.#reload(pauseMs);
      return;
    }
    const others = list.entries.filter(({ callId }) => callId !== entry.callId);
    const at = others.findIndex((other) => isBefore(entry, other));
    if (at < 0 && list.more) return;
    this.list.set({ ...list, entries: others.toSpliced(at < 0 ? others.length : at, 0, entry) });
  }

  #drop(callIds: readonly JournalEntry['callId'][]): void {
    const entries = this.list.value.entries.filter(({ callId }) => !callIds.includes(callId));
    this.list.set({ ...this.list.value, entries });
  }

  #markSeen({ callIds, upTo = -1 }: EventFields<'journal.read'>): void {
    const entries = this.list.value.entries.map((entry) => {
      if (entry.unread !== true || !(callIds?.includes(entry.callId) || entry.startedAt <= upTo)) return entry;
      const { unread: _, ...seen } = entry;
      return seen;
    });
    this.list.set({ ...this.list.value, entries });
  }
}

/** Whether one stands above another. */
function isBefore(one: JournalEntry, other: JournalEntry): boolean {
  return one.startedAt !== other.startedAt ? one.startedAt > other.startedAt : one.callId > other.callId;
}
