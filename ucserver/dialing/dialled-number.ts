import { type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { DialPlan, Reach, Site } from './plan-schema.ts';

/** What somebody means who dials this. */
export type Dialled =
  | { readonly kind: 'emergency'; readonly number: string }
  | { readonly kind: 'extension'; readonly extension: string }
  /** `e164` with its +; never a number of a range of the company. */
  | { readonly kind: 'external'; readonly e164: string; readonly reach: Exclude<Reach, 'internal'> }
  | { readonly kind: 'invalid'; readonly reason: 'empty' | 'noNumber' | 'unknownExtension' | 'incomplete' | 'tooLong' };

/** Longer than any number with its prefixes. */
const mostDigits = 32;
const separators = /[\s().\-/\u00a0\u2010-\u2015]/g;
/** Satellite networks, international networks and premium numbers that no country owns. */
const expensiveCodes = /^\+(870|878|881|882|883|979)/;

/**
 * Reads what was typed, clicked (`tel:`, RFC 3966) or stored, in this order: emergency number, short number, extension,
 * outside number. Numbers are never guessed: where the plan leaves two meanings the first of this order holds.
 */
export function readDialled(text: string, plan: DialPlan, site: Site, isExtension: (digits: string) => boolean): Dialled {
  const number = bare(text);
  if (number === '') return invalid('empty');
  if (number.length > mostDigits) return invalid('tooLong');
  if (!/^\+?[0-9]+$|^[0-9*#]+$/.test(number)) return invalid('noNumber');
  const emergency = emergencyNumber(number, site);
  if (emergency !== undefined) return { kind: 'emergency', number: emergency };
  const meant = plan.shortNumbers.find((short) => short.number === number)?.to;
  if (meant !== undefined && meant !== number) return readDialled(meant, { ...plan, shortNumbers: [] }, site, isExtension);
  if (isExtension(number)) return { kind: 'extension', extension: number };
  return readOutside(number, plan, site, isExtension);
}

/** Extension that an outside number of the company leads to; undefined: none of its numbers. */
export function extensionOf(e164: string, plan: Pick<DialPlan, 'ranges'>): string | undefined {
  const range = plan.ranges.find(
    ({ prefix, extensionDigits }) => e164.startsWith(prefix) && e164.length === prefix.length + extensionDigits,
  );
  return range === undefined ? undefined : e164.slice(range.prefix.length);
}

function readOutside(number: string, plan: DialPlan, site: Site, isExtension: (digits: string) => boolean): Dialled {
  let outside = number;
  if (!number.startsWith('+') && site.outsidePrefix !== undefined) {
    if (!number.startsWith(site.outsidePrefix)) return invalid('unknownExtension');
    outside = number.slice(site.outsidePrefix.length);
  }
  const parsed = parseOutside(outside, site);
  if (parsed === undefined || !parsed.isPossible()) return invalid('incomplete');
  const e164 = parsed.number;
  const extension = extensionOf(e164, plan);
  if (extension !== undefined) return isExtension(extension) ? { kind: 'extension', extension } : invalid('unknownExtension');
  const reach = reachOf(parsed, plan, site);
  return { kind: 'external', e164, reach };
}

function parseOutside(number: string, site: Site): PhoneNumber | undefined {
  const parsed = parsePhoneNumberFromString(number, { defaultCountry: site.country, extract: false });
  if (site.areaCode === undefined || number.startsWith('+') || (parsed?.isValid() ?? false) || /^0/.test(number)) return parsed;
  const withArea = parsePhoneNumberFromString(`${site.areaCode}${number}`, { defaultCountry: site.country, extract: false });
  return withArea?.isValid() ? withArea : parsed;
}

/** A number nobody knows counts as the most expensive one: fraud likes such numbers. `reachOfPrefix` corrects it. */
function reachOf(number: PhoneNumber, plan: DialPlan, site: Site): Exclude<Reach, 'internal'> {
  const stated = longestPrefix(number.number, plan.reachOfPrefix)?.reach;
  if (stated !== undefined) return stated;
  if (expensiveCodes.test(number.number) || !number.isValid()) return 'premium';
  const type = number.getType();
  if (type === 'PREMIUM_RATE' || type === 'SHARED_COST') return 'premium';
  if (number.country !== site.country) return 'international';
  return type === 'MOBILE' || type === 'PAGER' ? 'mobile' : 'national';
}

function longestPrefix<T extends { readonly prefix: string }>(number: string, rows: readonly T[]): T | undefined {
  let longest: T | undefined;
  for (const row of rows) {
    if (number.startsWith(row.prefix) && row.prefix.length > (longest?.prefix.length ?? 0)) longest = row;
  }
  return longest;
}

/** Also behind the outside prefix, as people are used to, and with the country code of the site before it. */
function emergencyNumber(number: string, { emergencyNumbers, outsidePrefix }: Site): string | undefined {
  if (emergencyNumbers.includes(number)) return number;
  if (outsidePrefix === undefined || !number.startsWith(outsidePrefix)) return undefined;
  const behind = number.slice(outsidePrefix.length);
  return emergencyNumbers.includes(behind) ? behind : undefined;
}

/** Without what people write for the eye: separators, and the (0) of "+49 (0)30", which is not dialled behind a country code. */
export function bare(text: string): string {
  const [withoutParameters = ''] = text.trim().replace(/^tel:/i, '').split(';');
  const plain = withoutParameters.normalize('NFKC');
  return (plain.startsWith('+') ? plain.replace('(0)', '') : plain).replace(separators, '');
}

function invalid(reason: Extract<Dialled, { kind: 'invalid' }>['reason']): Dialled {
  return { kind: 'invalid', reason };
}
