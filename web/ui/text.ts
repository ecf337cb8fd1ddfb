import { createContext, useContext } from 'react';
import { de } from './catalogue-de.ts';
import { type Catalogue, en } from './catalogue-en.ts';
import { Formats } from './formats.ts';

export type Language = 'en' | 'de';
export const languages: readonly Language[] = ['en', 'de'];

const catalogues: Readonly<Record<Language, Catalogue>> = { en, de };

/** Texts and formats of one language and time zone. */
export interface Words {
  readonly language: Language;
  readonly text: Catalogue;
  readonly format: Formats;
}

/** @param timeZone Default: that of the browser. */
export function wordsIn(language: Language, timeZone?: string): Words {
  return { language, text: catalogues[language], format: new Formats(localeOf(language), timeZone) };
}

/** English is written in many ways; dates and times are as the browser's own kind has them. */
function localeOf(language: Language): string {
  const tags = typeof navigator === 'undefined' ? [] : navigator.languages;
  return tags.find((tag) => tag.slice(0, 2).toLowerCase() === language) ?? language;
}

/** The first of the browser's languages that there is a catalogue for. */
export function browserLanguage(): Language {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return languages.find((language) => language === wanted.find((tag) => tag === 'en' || tag === 'de')) ?? 'en';
}

export const WordsContext = createContext<Words>(wordsIn('en'));

export function useWords(): Words {
  return useContext(WordsContext);
}
