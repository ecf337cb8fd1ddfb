import type { SipRegistrar } from '#shared/protocol/phones.ts';
import { oneLine, type PhoneSettings, registerEverySeconds } from './phone-settings.ts';

/** Pure: settings as phones of Snom read them (XML, `<settings><phone-settings>`). */

const languages: Readonly<Record<PhoneSettings['language'], string>> = { de: 'Deutsch', en: 'English' };

export function snomSettings({ deviceId, secret, label, language, registrars }: PhoneSettings): string {
  const [first, second] = registrars;
  const lines = [
    `<language perm="">${languages[language]}</language>`,
    ...identity(1, { deviceId, secret, label }, first),
    ...(second === undefined
      ? []
      : [
          '<user_failover_identity idx="1" perm="">2</user_failover_identity>',
          ...identity(2, { deviceId, secret, label }, second),
        ]),
  ];
  return `<?xml version="1.0" encoding="utf-8"?>\n<settings>\n  <phone-settings>\n${lines
    .map((line) => `    ${line}\n`)
    .join('')}  </phone-settings>\n</settings>\n`;
}

function identity(
  index: number,
  { deviceId, secret, label }: Pick<PhoneSettings, 'deviceId' | 'secret' | 'label'>,
  { protocol, host, port }: SipRegistrar,
): string[] {
  const settings: (readonly [string, string | number])[] = [
    ['user_active', 'on'],
    ['user_realname', oneLine(label)],
    ['user_name', deviceId],
    ['user_pname', deviceId],
    ['user_pass', secret],
    ['user_host', host.includes(':') ? `[${host}]` : host],
    ['user_outbound', `sip:${host.includes(':') ? `[${host}]` : host}:${port};transport=${protocol}`],
    ['user_expiry', registerEverySeconds],
  ];
  return settings.map(([name, value]) => `<${name} idx="${index}" perm="">${escaped(String(value))}</${name}>`);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
