import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type PhoneSettings, phoneLanguage, registrarAt, snomSettings, yealinkSettings } from '#ucserver/provisioning/index.ts';

const settings: PhoneSettings = {
  deviceId: 'abc123',
  secret: 's-e_c&r"e<t',
  label: 'Ann\r\naccount.1.enable = 0 <b>&"\'',
  language: 'de',
  registrars: [
    { protocol: 'tls', host: 'uc1.example.test', port: 5061 },
    { protocol: 'udp', host: '2001:db8::1', port: 5060 },
  ],
};

/** The settings of a file for Yealink by name. */
function yealink(text: string): Map<string, string> {
  const [first, ...lines] = text.trimEnd().split('\n');
  assert.equal(first, '#!version:1.0.0.1');
  return new Map(
    lines.map((line) => {
      const match = /^([\w.]+) = (.*)$/.exec(line);
      assert.ok(match, line);
      return [match[1] ?? '', match[2] ?? ''] as const;
    }),
  );
}

/** What a reader of XML finds at a place; it refuses what is not well formed. */
const xml = (text: string, path: string) =>
  execFileSync('xmllint', ['--nonet', '--xpath', `string(${path})`, '-'], { input: text, encoding: 'utf8' }).trimEnd();

describe('files for phones', () => {
  it('of Yealink hold one account with both registrars, whatever the name of the person', () => {
    const read = yealink(yealinkSettings(settings));
    assert.equal(read.get('account.1.enable'), '1');
    assert.equal(read.get('account.1.user_name'), 'abc123');
    assert.equal(read.get('account.1.auth_name'), 'abc123');
    assert.equal(read.get('account.1.password'), settings.secret);
    assert.equal(read.get('account.1.label'), 'Ann account.1.enable = 0 <b>&"\'');
    assert.equal(read.get('account.1.sip_server.1.address'), 'uc1.example.test');
    assert.equal(read.get('account.1.sip_server.1.port'), '5061');
    assert.equal(read.get('account.1.sip_server.1.transport_type'), '2');
    assert.equal(read.get('account.1.sip_server.2.address'), '2001:db8::1');
    assert.equal(read.get('account.1.sip_server.2.transport_type'), '0');
    assert.equal(read.get('lang.gui'), 'German');
    assert.equal(yealink(yealinkSettings({ ...settings, language: 'en' })).get('lang.wui'), 'English');
  });

  it('of Snom are well-formed XML with an identity for each registrar', () => {
    const text = snomSettings(settings);
    const field = (name: string, index: number) => xml(text, `/settings/phone-settings/${name}[@idx="${index}"]`);
    assert.equal(field('user_name', 1), 'abc123');
    assert.equal(field('user_pname', 2), 'abc123');
    assert.equal(field('user_pass', 1), settings.secret);
    assert.equal(field('user_realname', 1), 'Ann account.1.enable = 0 <b>&"\'');
    assert.equal(field('user_outbound', 1), 'sip:uc1.example.test:5061;transport=tls');
    assert.equal(field('user_outbound', 2), 'sip:[2001:db8::1]:5060;transport=udp');
    assert.equal(field('user_failover_identity', 1), '2');
    assert.equal(xml(text, '/settings/phone-settings/language'), 'Deutsch');
  });

  it('name one registrar where there is one', () => {
    const alone = { ...settings, language: 'en' as const, registrars: [settings.registrars[0]] as const };
    assert.ok(!yealinkSettings(alone).includes('sip_server.2'));
    assert.equal(xml(snomSettings(alone), 'count(//*[@idx="2"])'), '0');
    assert.equal(xml(snomSettings(alone), '//language'), 'English');
  });

  it('are in the language of the person, and name the best way to register', () => {
    assert.deepEqual(['de', 'de-AT', 'DE-ch', 'en', 'den', undefined].map(phoneLanguage), ['de', 'de', 'de', 'en', 'en', 'en']);
    const udp = { protocol: 'udp', host: 'a', port: 1 } as const;
    const ws = { protocol: 'ws', host: 'a', port: 2 } as const;
    const tcp = { protocol: 'tcp', host: 'a', port: 3 } as const;
    assert.equal(registrarAt([ws, udp, tcp], ['tls', 'tcp', 'udp']), tcp);
    assert.equal(registrarAt([ws], ['tls', 'tcp', 'udp']), undefined);
  });
});
