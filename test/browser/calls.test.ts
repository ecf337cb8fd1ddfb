import assert from 'node:assert/strict';
import type { CallId, UserId } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { InProcess } from '#test/support/in-process.ts';
import type { JournalRowInput } from '#ucserver/journal/index.ts';
import { PhoneBookRepository } from '#ucserver/phone-book/index.ts';
import { violations } from './support/accessibility.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

const dayMs = 86_400_000;
const soon = { timeout: 15_000 };

describe('web client: past calls and phone books', function () {
  this.timeout(180_000);
  let stage: InProcess;
  let browser: TestBrowser;
  let ann: ClientPage;
  let calls = 0;

  const record = async (changes: Partial<JournalRowInput> = {}): Promise<CallId> => {
    const callId = `call-${String(++calls).padStart(3, '0')}` as CallId;
    const startedAt = Date.now() - 60_000 + calls;
    await stage.servers[0]?.journal.record({
      ...{ userId: stage.account('ann').userId, callId, scenarioId: callId, direction: 'incoming', scope: 'external' },
      ...{
        peer: { number: '+49301234567', name: 'Zoë Müller' },
        startedAt,
        endedAt: startedAt + 30_000,
        result: 'missed',
        term: 1,
      },
      ...changes,
    });
    return callId;
  };

  before(async () => {
    stage = await InProcess.start({ servers: 1, people: { ann: {}, bob: {} } });
    const [server] = stage.servers;
    assert.ok(server);
    const contact = (name: string, number: string, shown: string, company: string) => ({
      ...{ name, company, numbers: [{ kind: 'work' as const, number, shown }] },
    });
    await new PhoneBookRepository(server.database, systemClock).replace('Customers', [
      contact('Zoë Müller', '+49301234567', '+49 30 1234567', 'Example AG'),
      contact('Bob Builder', '+12125550100', '+1 212 555 0100', 'Builders Inc.'),
    ]);
    browser = await TestBrowser.launch();
    ann = await open({});
    await ann.signIn('ann');
  });
  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });
  afterEach(() => assert.deepEqual(ann?.complaints.splice(0) ?? [], []));

  const open = (options: Parameters<TestBrowser['open']>[1]) =>
    browser.open(stage.urls[0] ?? '', { bypassCSP: true, ...options });
  const list = () => ann.page.getByRole('listbox', { name: 'Calls, the newest first' });
  const row = (text: string | RegExp) => list().getByRole('option', { name: text });
  const button = (name: string | RegExp) => ann.page.getByRole('button', { name, exact: true });

  it('say that there are none yet', async () => {
    await button('Calls').click();
    await ann.page.getByText('No calls yet').waitFor(soon);
    await ann.page.goBack();
  });

  it('are counted in the navigation while they are missed and not seen, at once and on all devices', async () => {
    const other = await open({});
    await other.signIn('ann');
    await record();
    const label = 'Calls, 1 missed call';
    for (const each of [ann, other]) await each.page.getByRole('button', { name: label }).waitFor(soon);
    await button(label).click();
    await row(/Zoë Müller/).waitFor(soon);
    assert.match((await row(/Zoë Müller/).textContent()) ?? '', /Missed.*new/);
    for (const each of [ann, other]) await each.page.getByRole('button', { name: 'Calls', exact: true }).waitFor(soon);
    await other.close();
  });

  it('come in live, by day, with what became of them', async () => {
    await record({
      result: 'answered',
      connectedAt: Date.now() - 40_000,
      endedAt: Date.now() - 5_000,
      startedAt: Date.now() - 50_000,
    });
    await row(/0:35/).waitFor(soon);
    const bob = { userId: stage.account('bob').userId as UserId, name: 'bob', number: '102' };
    await record({ direction: 'outgoing', result: 'noAnswer', scope: 'internal', peer: bob, startedAt: Date.now() - 3 * dayMs });
    await record({ result: 'answeredElsewhere', acceptedBy: bob, startedAt: Date.now() - dayMs });
    await row(/taken by bob/).waitFor(soon);
    await row('Yesterday').waitFor(soon);
    await row(/No answer/).waitFor(soon);
  });

  it('open by keyboard with a note of one’s own, and can be removed', async () => {
    await list().focus();
    await list().press('Home');
    await list().press('Enter');
    const dialog = ann.page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Note' }).fill('ask for the contract');
    assert.equal(await dialog.getByRole('button', { name: 'Call back' }).count(), 0, 'nothing can dial here');
    await dialog.getByRole('button', { name: 'Save note' }).click();
    await row(/ask for the contract/).waitFor(soon);
    await row(/No answer/).click();
    await dialog.getByRole('button', { name: 'Remove from my calls' }).click();
    await eventually(async () => assert.equal(await row(/No answer/).count(), 0), { withinMs: 15_000 });
  });

  it('are filtered by kind, words and days', async () => {
    await ann.page.getByRole('combobox', { name: 'Show' }).selectOption('missed');
    await eventually(async () => assert.equal(await row(/taken by bob/).count(), 0), { withinMs: 15_000 });
    await row(/Missed/).waitFor(soon);
    await button('Clear filters').click();
    await row(/taken by bob/).waitFor(soon);
    await ann.page.getByRole('searchbox', { name: 'Name, number or note' }).fill('CONTRACT');
    await eventually(async () => assert.equal(await list().getByRole('option').count(), 2), { withinMs: 15_000 });
    await ann.page.getByRole('searchbox', { name: 'Name, number or note' }).fill('nobody at all');
    await ann.page.getByText('No call found').waitFor(soon);
    await ann.page.getByLabel('From day').fill('2026-03-02');
    await ann.page.getByLabel('To day').fill('2026-03-01');
    await ann.page.getByText('The last day must not be before the first.').waitFor(soon);
    await button('Clear filters').click();
    await row(/taken by bob/).waitFor(soon);
  });

  it('lead to the phone book, which is searched by words and numbers', async () => {
    await button('Phone book').click();
    const contacts = ann.page.getByRole('listbox', { name: 'Contacts' }).getByRole('option');
    await eventually(async () => assert.equal(await contacts.count(), 2), { withinMs: 15_000 });
    await ann.page.getByRole('searchbox', { name: 'Name, company or number' }).fill('030 12');
    await eventually(async () => assert.equal(await contacts.count(), 1), { withinMs: 15_000 });
    await contacts.first().click();
    await ann.page.getByRole('dialog').getByText('+49 30 1234567').waitFor(soon);
    await ann.page.keyboard.press('Escape');
    await ann.page.getByRole('searchbox', { name: 'Name, company or number' }).fill('nobody');
    await ann.page.getByText('Nobody found').waitFor(soon);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [320, 1400]) {
      it(`are accessible: ${colorScheme}, ${width} px`, async () => {
        const page = await open({ colorScheme, viewport: { width, height: 800 } });
        await page.signIn('ann');
        const found: string[] = [];
        const look = async (view: string) => found.push(...(await violations(page.page)).map((each) => `${view}: ${each}`));
        await page.go('/calls');
        await page.page.getByRole('option', { name: /taken by bob/ }).waitFor(soon);
        await look('calls');
        await page.page.getByRole('option', { name: /taken by bob/ }).click();
        await page.page.getByRole('dialog').waitFor(soon);
        await look('call');
        await page.page.keyboard.press('Escape');
        await page.go('/phone-book');
        await page.page.getByRole('option', { name: /Zoë/ }).click();
        await page.page.getByRole('dialog').waitFor(soon);
        await look('contact');
        const wider = await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        await page.close();
        assert.deepEqual([found, wider], [[], 0]);
      });
    }
  }
});
