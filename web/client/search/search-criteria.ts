import type { ConversationId, ParamsIn, UserId } from '#web/api/index.ts';

/** What somebody looks for, as they filled it in. Days are `YYYY-MM-DD`; empty: none. */
export interface SearchCriteria {
  readonly words: string;
  readonly author: UserId | undefined;
  readonly conversationId: ConversationId | undefined;
  readonly from: string;
  readonly to: string;
  readonly hasFile: boolean;
}

export const noCriteria: SearchCriteria = {
  words: '',
  author: undefined,
  conversationId: undefined,
  from: '',
  to: '',
  hasFile: false,
};

export type WrongCriteria = 'badWords' | 'wrongDays';

/**
 * The question to the server; `undefined` when nothing was filled in.
 *
 * @returns what is wrong, where something is
 */
export function searchParams(criteria: SearchCriteria): ParamsIn<'chat.search'> | WrongCriteria | undefined {
  const { author, conversationId, from, to, hasFile } = criteria;
  const words = criteria.words.trim();
  if (words !== '' && !/[\p{L}\p{N}]/u.test(words)) return 'badWords';
  if (from !== '' && to !== '' && from > to) return 'wrongDays';
  const params = {
    ...(words === '' ? {} : { words }),
    ...(author === undefined ? {} : { author }),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(from === '' ? {} : { from: startOf(from) }),
    ...(to === '' ? {} : { to: startOf(to, 1) - 1 }),
    ...(hasFile ? { hasFile: true as const } : {}),
  };
  return Object.keys(params).length === 0 ? undefined : params;
}

/** The first moment of a day, or of one some days later, where the reader is. */
function startOf(day: string, later = 0): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later).getTime();
}
