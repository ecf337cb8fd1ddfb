import { permissionLevels, type Right } from '#shared/protocol/permissions.ts';
import { type CardField, levelTable, type PresencePart } from '#ucserver/auth/permissions.ts';

const cardWords: Readonly<Record<CardField, string>> = {
  name: 'name',
  email: 'e-mail',
  pictureVersion: 'picture',
  title: 'title',
  company: 'company',
  department: 'department',
  workPhone: 'work phone',
  office: 'office',
  address: 'address',
  mobile: 'mobile',
  privatePhone: 'private number',
};

const presenceWords: Readonly<Record<PresencePart, string>> = {
  state: 'state',
  lastSeen: 'last seen',
  capabilities: 'what their clients can do',
  activities: 'why (in a call, appointment …)',
  note: 'note',
  callPartners: 'with whom in a call',
  devices: 'devices that can be reached',
  privateAppointments: 'private appointments',
};

const rightWords: Readonly<Record<Right, string>> = {
  chat: 'write messages',
  call: 'call',
  setPresence: 'set their presence and note',
  pickUp: 'pick up their calls',
  setForwarding: 'set their forwarding',
};

/** `docs/rights.md`. */
export function rightsPage(): string {
  return [
    '# Rights between people',
    '',
    'Everybody has a level with everybody else. Each level also has what those above it in this table have.',
    'A personal grant decides alone, so it can also give less than the default; otherwise the highest of the grants to groups the person is in and',
    'the company’s default (setting `permissions.companyDefault`) counts. Levels are decided at the owner of the watched person and take effect on',
    'every server within a second. Whom somebody blocks sees their state as *unknown*.',
    '',
    '| level | sees | may |',
    '|---|---|---|',
    ...permissionLevels.map((level) => {
      const { card, presence, may } = levelTable[level];
      const sees = [...card.map((field) => cardWords[field]), ...presence.map((part) => presenceWords[part])];
      return `| ${level} | ${sees.join(', ') || '–'} | ${may.map((right) => rightWords[right]).join(', ') || '–'} |`;
    }),
    '',
  ].join('\n');
}
