import type { SipRegistrar } from '#shared/protocol/phones.ts';
import { oneLine, type PhoneSettings, registerEverySeconds } from './phone-settings.ts';

/** Pure: settings as phones of Yealink read them (`<MAC>.cfg`, `#!version:1.0.0.1`). */

const transports: Readonly<Record<SipRegistrar['protocol'], number>> = { udp: 0, tcp: 1, tls: 2 };
const languages: Readonly<Record<PhoneSettings['language'], string>> = { de: 'German', en: 'English' };

export function yealinkSettings({ deviceId, secret, label, language, registrars }: PhoneSettings): string {
  const settings: (readonly [string, string | number])[] = [
    ['account.1.enable', 1],
    ['account.1.label', oneLine(label)],
    ['account.1.display_name', oneLine(label)],
    ['account.1.user_name', deviceId],
    ['account.1.auth_name', deviceId],
    ['account.1.password', secret],
    // One after the other, not both at once: the phone is at the second only when the first does not answer.
    ['account.1.fallback.redundancy_type', 1],
    ...registrars.slice(0, 2).flatMap(serverSettings),
    ['lang.gui', languages[language]],
    ['lang.wui', languages[language]],
  ];
  return `#!version:1.0.0.1\n${settings.map(([name, value]) => `${name} = ${value}\n`).join('')}`;
}

function serverSettings({ protocol, host, port }: SipRegistrar, index: number): (readonly [string, string | number])[] {
  const server = `account.1.sip_server.${index + 1}`;
  return [
    [`${server}.address`, host],
    [`${server}.port`, port],
    [`${server}.transport_type`, transports[protocol]],
    [`${server}.expires`, registerEverySeconds],
    [`${server}.retry_counts`, 3],
  ];
}
