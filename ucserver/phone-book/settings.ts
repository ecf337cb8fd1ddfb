import * as z from 'zod';
import { isCountry } from '#ucserver/dialing/e164.ts';
import { defineSetting } from '#ucserver/settings/index.ts';

export const directoryCountrySetting = defineSetting({
  key: 'phoneBook.country',
  about: 'Country (ISO 3166-1, for example DE) of numbers in the directory that have no country code; empty: it is not known.',
  schema: z.string().refine((country) => country === '' || isCountry(country), 'must be a country of ISO 3166-1'),
  default: '',
});
