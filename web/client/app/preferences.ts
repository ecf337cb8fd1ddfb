import { Store } from '#web/ui/store.ts';
import { type Language, languages } from '#web/ui/text.ts';

/** What a person chose for this browser. None of it is secret, so it may stand in local storage. */
export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark';
  /** Until the account's own language is known. */
  readonly language: Language | null;
  readonly notify: boolean;
  readonly notifyText: boolean;
  /** Also in muted conversations, when one is mentioned. */
  readonly notifyMentions: boolean;
  readonly collapsed: readonly string[];
  readonly column: 'chats' | 'contacts';
  readonly card: boolean;
  /** Emojis used lately, newest first. */
  readonly emojis: readonly string[];
  /** Formatting is offered above the field one writes in. */
  readonly formatting: boolean;
}

const key = 'ucmesh.preferences';

const defaults: Preferences = {
  theme: 'system',
  language: null,
  notify: true,
  notifyText: true,
  notifyMentions: true,
  collapsed: [],
  column: 'contacts',
  card: true,
  emojis: [],
  formatting: false,
};

/** The preferences of this browser, kept between visits. */
export function createPreferences(): Store<Preferences> {
  const store = new Store<Preferences>({ ...defaults, ...stored() });
  store.on((preferences) => localStorage.setItem(key, JSON.stringify(preferences)));
  return store;
}

/** Takes over what is well-formed and leaves out the rest: another version, or a person, may have written it. */
function stored(): Partial<Preferences> {
  let found: Record<string, unknown>;
  try {
    found = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
  const oneOf = <T>(value: unknown, values: readonly T[]): T | undefined => values.find((each) => each === value);
  const candidates: Partial<Record<keyof Preferences, unknown>> = {
    theme: oneOf(found.theme, ['system', 'light', 'dark']),
    language: oneOf(found.language, languages),
    notify: oneOf(found.notify, [true, false]),
    notifyText: oneOf(found.notifyText, [true, false]),
    notifyMentions: oneOf(found.notifyMentions, [true, false]),
    column: oneOf(found.column, ['chats', 'contacts']),
    card: oneOf(found.card, [true, false]),
    formatting: oneOf(found.formatting, [true, false]),
    emojis: strings(found.emojis)?.slice(0, 8),
    collapsed: strings(found.collapsed),
  };
  return Object.fromEntries(Object.entries(candidates).filter(([, value]) => value !== undefined)) as Partial<Preferences>;
}

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined;
}
