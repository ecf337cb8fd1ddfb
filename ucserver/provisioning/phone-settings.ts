import type { SipRegistrar } from '#shared/protocol/phones.ts';
import type { SipListener } from '#ucserver/sip/index.ts';

/** What a phone is told, whatever its make. */
export interface PhoneSettings {
  readonly deviceId: string;
  readonly secret: string;
  /** Shown on the phone: its person. */
  readonly label: string;
  readonly language: 'de' | 'en';
  /** The first to try, and where to go when it does not answer. */
  readonly registrars: readonly [SipRegistrar, ...SipRegistrar[]];
}

/** How often phones are to register, in seconds: short, so that they find the next server soon when one has died. */
export const registerEverySeconds = 120;

/** The best way to register at a server with these listeners. */
export function registrarAt(
  listeners: readonly SipListener[],
  preferred: readonly SipRegistrar['protocol'][],
): SipRegistrar | undefined {
  return preferred.flatMap((protocol) => listeners.filter((each) => each.protocol === protocol)).at(0) as
    | SipRegistrar
    | undefined;
}

/** The language of a phone, by that of its person (BCP 47). */
export function phoneLanguage(language: string | undefined): PhoneSettings['language'] {
  return /^de(-|$)/i.test(language ?? '') ? 'de' : 'en';
}

/** Text that is one line wherever it is written, and short enough for a display. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 60);
}
