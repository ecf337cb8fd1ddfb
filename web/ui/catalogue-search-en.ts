const plural = (count: number, one: string, other: string) => (count === 1 ? one : other);

/** What the client says about the search of messages, in English. */
export const messageSearchEn = {
  title: 'Search messages',
  open: 'Search messages',
  here: 'Search in this conversation',
  messagesFor: (query: string) => `Search messages for “${query}”`,
  words: 'Words',
  wordsPlaceholder: 'Beginnings of words',
  filters: 'Filters',
  author: 'From person',
  anybody: 'Anybody',
  conversation: 'In conversation',
  anywhere: 'Anywhere',
  from: 'From day',
  to: 'To day',
  hasFile: 'Only with files',
  clear: 'Reset the search',
  start: 'What are you looking for?',
  startHint: 'Type a word, or choose a person, a conversation or a day.',
  nothing: 'No message found',
  nothingHint: 'Try fewer or shorter words, or clear a filter.',
  found: (count: number, more: boolean) =>
    more ? `The newest ${count} messages found` : `${count} ${plural(count, 'message', 'messages')} found`,
  hits: 'Messages found',
  partial: 'The search took too long: there may be more.',
  goOn: 'Search on',
  away: 'Messages cannot be searched right now, because the database is out of reach.',
  failed: 'The search did not work.',
  wrongDays: 'The last day must not be before the first.',
  badWords: 'Type at least one letter or digit.',
  pending: 'not stored yet',
  openFailed: 'The message could not be shown.',
};

export type MessageSearchWords = typeof messageSearchEn;
