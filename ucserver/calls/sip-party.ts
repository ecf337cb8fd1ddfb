import type { CallParty } from '#shared/protocol/journal.ts';

/** Pure: how people appear to phones, and whom phones mean. */

/**
 * `"Name" <sip:user@host>`; the edge puts its own address in the place of `localhost`, so calling back leads here.
 *
 * @param user sign-in name or number
 */
export function nameAddress(name: string | undefined, user: string): string {
  const shown = (name ?? '').replace(/["\\\p{Cc}]/gu, ' ').trim();
  return `${shown === '' ? '' : `"${shown}" `}<sip:${encodeURIComponent(user)}@localhost>`;
}

/** What was dialled by a Request-URI or Refer-To: the user part of a SIP URI, or a telephone number. */
export function dialledBy(uri: string): string {
  const tel = /^tel:([^;?]+)/i.exec(uri)?.[1];
  const user = tel ?? /^sips?:([^@;:?]*)(?:[;:][^@]*)?@/i.exec(uri)?.[1] ?? '';
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}

/** The digits by which a number is compared; undefined: it is none. */
export function comparable(number: string): string | undefined {
  const digits = number.replace(/[\s().\-/]/g, '');
  return /^\+?[0-9]{1,20}$/.test(digits) ? digits : undefined;
}

/** The name to show for a party: of a person, else the number. */
export function shownName({ name, number }: CallParty): string | undefined {
  return name ?? number;
}
