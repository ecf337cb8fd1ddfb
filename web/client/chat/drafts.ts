import { mostMentions } from '#shared/protocol/chat.ts';
import {
  type Called,
  type ConversationId,
  type DraftContent,
  type EntryId,
  isSameDraft,
  type StoredDrafts,
  type Unsubscribe,
  type UserId,
  type Written,
} from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';
import { callsByName } from './mention-pieces.ts';

/** A text that is being written, with those picked while it was. */
export interface Writing {
  readonly text: string;
  readonly called: readonly Called[];
}

/** What somebody has begun to write in a conversation. Immutable. */
export interface Draft extends Writing {
  readonly replyTo?: EntryId | undefined;
  /** An own message that is being changed; what was begun before waits meanwhile. */
  readonly editing?: (Writing & { readonly target: EntryId }) | undefined;
}

const nothing: Draft = { text: '', called: [] };

/** Texts people have begun to write, by conversation, in step with their other devices. */
export class Drafts {
  readonly #stored: StoredDrafts;
  readonly #byId = new Map<ConversationId, Store<Draft>>();

  constructor(stored: StoredDrafts) {
    this.#stored = stored;
    stored.onChange((id) => this.#take(id));
  }

  of(id: ConversationId): Store<Draft> {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const draft = new Store<Draft>({ ...nothing, ...this.#stored.get(id) });
    draft.on((next) => this.#stored.set(id, contentOf(next)));
    this.#byId.set(id, draft);
    return draft;
  }

  close(): void {
    this.#stored.close();
  }

  /** Somebody goes on writing here what they began elsewhere; a message that is being changed stays. */
  #take(id: ConversationId): void {
    const draft = this.#byId.get(id);
    if (draft === undefined) return;
    const { text = '', replyTo, called = [] } = this.#stored.get(id) ?? {};
    if (!isSameDraft(contentOf(draft.value), { text, replyTo, called })) draft.set({ ...draft.value, text, replyTo, called });
  }

  /** There is text that would be lost with this page: no server has it yet, or a message is being changed. */
  get hasUnstored(): boolean {
    return this.#stored.hasUnstored || [...this.#byId.values()].some(({ value }) => value.editing !== undefined);
  }

  /** Hears that a text is safe now. */
  onStored(listener: () => void): Unsubscribe {
    return this.#stored.onStored(listener);
  }
}

/** What the field shows. */
export function writingOf(draft: Draft): Writing {
  return draft.editing ?? draft;
}

/** The draft with another text. */
export function withWriting(draft: Draft, writing: Writing): Draft {
  const { editing } = draft;
  return editing === undefined ? { ...draft, ...writing } : { ...draft, editing: { ...editing, ...writing } };
}

/** What the other devices get: of those who were picked, the ones whose names still stand in the text. */
function contentOf({ text, replyTo, called }: Draft): DraftContent {
  const there = new Map(called.filter(({ name }) => callsByName(text, name)).map((each) => [each.userId, each]));
  const kept = [...there.values()].slice(0, mostMentions);
  return { text, ...(replyTo === undefined ? {} : { replyTo }), ...(kept.length === 0 ? {} : { called: kept }) };
}

/** Whom a text mentions: those who were picked and whose names still stand in it. */
export function mentionsOf({ text, called }: Writing): Written['mentions'] {
  const there = called.filter(({ name }) => callsByName(text, name)).map(({ userId }) => userId);
  if (there.includes('everybody')) return 'everybody';
  const users = [...new Set(there)].filter((userId): userId is UserId => userId !== 'everybody');
  return users.length === 0 ? undefined : users;
}
