import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { bare } from './dialled-number.ts';

/**
 * A number that somebody has written, as E.164 with +; `undefined` when it is none.
 *
 * @param country ISO 3166-1, by whose rules numbers without + are read; undefined: they are none
 */
export function toE164(text: string, country: string | undefined): string | undefined {
  const parsed = parsePhoneNumberFromString(bare(text), { ...defaultOf(country), extract: false });
  return parsed?.isPossible() === true ? parsed.number : undefined;
}

/** E.164 in groups, as people write it: `+49 30 1234567`. */
export function shownNumber(e164: string): string {
  return parsePhoneNumberFromString(e164)?.formatInternational() ?? e164;
}

/** Whether numbers of this country (ISO 3166-1) can be read. */
export function isCountry(country: string): country is CountryCode {
  return isSupportedCountry(country);
}

function defaultOf(country: string | undefined): { defaultCountry?: CountryCode } {
  return country !== undefined && isCountry(country) ? { defaultCountry: country } : {};
}
