import type { MessageSearchWords } from './catalogue-search-en.ts';

const plural = (count: number, one: string, other: string) => (count === 1 ? one : other);

/** Was der Client über die Suche in Nachrichten sagt. */
export const messageSearchDe: MessageSearchWords = {
  title: 'Nachrichten suchen',
  open: 'Nachrichten suchen',
  here: 'In dieser Unterhaltung suchen',
  messagesFor: (query) => `Nachrichten nach „${query}“ durchsuchen`,
  words: 'Wörter',
  wordsPlaceholder: 'Wortanfänge',
  filters: 'Filter',
  author: 'Von Person',
  anybody: 'Alle',
  conversation: 'In Unterhaltung',
  anywhere: 'Überall',
  from: 'Ab Tag',
  to: 'Bis Tag',
  hasFile: 'Nur mit Dateien',
  clear: 'Suche zurücksetzen',
  start: 'Was suchen Sie?',
  startHint: 'Geben Sie ein Wort ein, oder wählen Sie eine Person, eine Unterhaltung oder einen Tag.',
  nothing: 'Keine Nachricht gefunden',
  nothingHint: 'Versuchen Sie weniger oder kürzere Wörter, oder löschen Sie einen Filter.',
  found: (count, more) =>
    more ? `Die neuesten ${count} Nachrichten` : `${count} ${plural(count, 'Nachricht', 'Nachrichten')} gefunden`,
  hits: 'Gefundene Nachrichten',
  partial: 'Die Suche dauerte zu lange: Es kann mehr geben.',
  goOn: 'Weitersuchen',
  away: 'Nachrichten können gerade nicht durchsucht werden, weil die Datenbank nicht erreichbar ist.',
  failed: 'Die Suche hat nicht funktioniert.',
  wrongDays: 'Der letzte Tag darf nicht vor dem ersten liegen.',
  badWords: 'Geben Sie mindestens einen Buchstaben oder eine Ziffer ein.',
  pending: 'noch nicht gespeichert',
  openFailed: 'Die Nachricht konnte nicht angezeigt werden.',
};
