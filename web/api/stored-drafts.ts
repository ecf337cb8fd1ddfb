import { UCError } from '#shared/protocol/errors.ts';
import type { Client } from './client.ts';
import type { ClientTimer } from './clock.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import type { ConversationId, Draft } from './types.ts';

/** A draft is told when nothing was written for so long … */
const pauseMs = 1_000;
/** … and again when it could not be stored. */
const againMs = 5_000;
const pageSize = 50;

/** What of a draft a person writes. */
export type DraftContent = Omit<Draft, 'conversationId' | 'version'>;

interface Known {
  readonly draft: Draft;
  /** The servers have it. */
  readonly stored: boolean;
}

/**
 * What the signed-in user has begun to write, in step with their other devices. Of two drafts the newer wins. What no server has
 * yet outlives the page.
 */
export class StoredDrafts {
  readonly #client: Client;
  readonly #known = new Map<ConversationId, Known>();
  readonly #changes = new Emitter<ConversationId>();
  readonly #settled = new Emitter<ConversationId>();
  readonly #off: Unsubscribe[];
  #session: string | undefined;
  #loaded: Promise<void> | undefined;
  #later: ClientTimer | undefined;
  #telling = false;

  constructor(client: Client) {
    this.#client = client;
    this.#off = [
      client.on('chat.draft', (draft) => this.#take(draft)),
      client.onState(() => this.#renew()),
      client.onReach(({ database }) => database === 'up' && this.#tellLater(0)),
    ];
    this.#renew();
  }

  /** What was begun there, on this device or another. */
  get(conversationId: ConversationId): Draft | undefined {
    const draft = this.#known.get(conversationId)?.draft;
    return draft === undefined || draft.text === '' ? undefined : draft;
  }

  /** Some text is on this device only. */
  get hasUnstored(): boolean {
    return [...this.#known.values()].some(({ draft, stored }) => !stored && draft.text !== '');
  }

  /** Keeps what is being written; an empty text takes the draft back. */
  set(conversationId: ConversationId, content: DraftContent): void {
    const before = this.#known.get(conversationId)?.draft;
    if (isSameDraft(before ?? { text: '' }, content)) return;
    const version = Math.max(Math.floor(this.#client.now()), (before?.version ?? 0) + 1);
    const draft = { ...content, conversationId, version };
    this.#known.set(conversationId, { draft, stored: false });
    this.#keep();
    this.#tellLater(pauseMs);
  }

  /** Hears of drafts that came from elsewhere. */
  onChange(listener: (conversationId: ConversationId) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  /** Hears that what was written here is stored. */
  onStored(listener: (conversationId: ConversationId) => void): Unsubscribe {
    return this.#settled.on(listener);
  }

  close(): void {
    this.#later?.stop();
    for (const off of this.#off) off();
  }

  #renew(): void {
    const { state } = this.#client;
    if (state.phase !== 'open' || state.welcome.sessionId === this.#session) return;
    this.#session = state.welcome.sessionId;
    void this.#read(state.welcome.sessionId);
  }

  async #read(session: string): Promise<void> {
    this.#loaded ??= this.#load();
    await this.#loaded;
    const before = [...this.#known];
    try {
      const found = new Map<ConversationId, Draft>();
      for (let cursor: ConversationId | undefined; ; ) {
        const page = await this.#client.call('chat.drafts', { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) });
        for (const draft of page.drafts) found.set(draft.conversationId, draft);
        if (page.nextCursor === undefined) break;
        cursor = page.nextCursor;
      }
      for (const draft of found.values()) this.#take(draft);
      // What the servers no longer have was taken back on another device, unless it was written while they were asked.
      for (const [id, known] of before) {
        const { draft, stored } = known;
        if (!stored || found.has(id) || draft.text === '' || this.#known.get(id) !== known) continue;
        this.#known.delete(id);
        this.#changes.emit(id);
      }
      this.#tellLater(0);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (session !== this.#session || !error.retryable) return;
      this.#client.clock.after(againMs, () => {
        if (session === this.#session && this.#client.state.phase === 'open') void this.#read(session);
      });
    }
  }

  /** What an earlier life of this client could not tell. */
  async #load(): Promise<void> {
    const { store, userId } = this.#client;
    for (const { userId: writer, ...draft } of (await store.get('drafts')) ?? []) {
      if (writer !== userId || (this.#known.get(draft.conversationId)?.draft.version ?? 0) >= draft.version) continue;
      this.#known.set(draft.conversationId, { draft, stored: false });
      this.#changes.emit(draft.conversationId);
    }
  }

  /** The servers have this one. */
  #take(draft: Draft): void {
    const before = this.#known.get(draft.conversationId);
    if (before !== undefined && before.draft.version > draft.version) return;
    this.#known.set(draft.conversationId, { draft, stored: true });
    if (before !== undefined && !before.stored) this.#keep();
    if (before?.draft.version !== draft.version) this.#changes.emit(draft.conversationId);
  }

  #settle(draft: Draft): void {
    this.#known.set(draft.conversationId, { draft, stored: true });
    this.#keep();
    this.#settled.emit(draft.conversationId);
  }

  #tellLater(delayMs: number): void {
    this.#later?.stop();
    this.#later = this.#client.clock.after(delayMs, () => {
      this.#later = undefined;
      void this.#tell();
    });
  }

  async #tell(): Promise<void> {
    if (this.#telling || this.#client.state.phase !== 'open') return;
    this.#telling = true;
    try {
      for (const { draft, stored } of [...this.#known.values()]) {
        if (stored) continue;
        const inForce = await this.#client.call('chat.setDraft', draft).catch((error: unknown) => dropped(error, draft));
        const isInForce = inForce.text === draft.text && this.#known.get(draft.conversationId)?.draft === draft;
        if (isInForce) this.#settle(draft);
        else this.#take(inForce);
      }
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      this.#tellLater(againMs);
    } finally {
      this.#telling = false;
    }
    const isWaiting = [...this.#known.values()].some(({ stored }) => !stored);
    if (isWaiting && this.#later === undefined) this.#tellLater(pauseMs);
  }

  #keep(): void {
    const { store, userId } = this.#client;
    if (userId === undefined) return;
    const unstored = [...this.#known.values()].filter(({ stored }) => !stored);
    void store.set(
      'drafts',
      unstored.map(({ draft }) => ({ ...draft, userId })),
    );
  }
}

/** Whether two drafts say the same. */
export function isSameDraft(one: DraftContent, other: DraftContent): boolean {
  const called = one.called ?? [];
  const others = other.called ?? [];
  if (one.text !== other.text || one.replyTo !== other.replyTo || called.length !== others.length) return false;
  return called.every(({ userId, name }, index) => userId === others[index]?.userId && name === others[index].name);
}

/** A draft in a conversation that one is no longer in needs no keeping. @throws what may be better the next time */
function dropped(error: unknown, draft: Draft): Draft {
  if (error instanceof UCError && !error.retryable) return draft;
  throw error;
}
