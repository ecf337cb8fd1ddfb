import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { say } from '#test/support/person.ts';
import { violations } from './support/accessibility.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

const soon = { timeout: 30_000 };

describe('web client: search of messages on two servers', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let browser: TestBrowser;
  let ann: ClientPage;

  before(async () => {
    cluster = await Cluster.start({ people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, cleo: {} } });
    const [bob, cleo] = await Promise.all([cluster.signIn('bob', 1), cluster.signIn('cleo', 1)]);
    const live = await bob.chats.open(cluster.account('ann').userId);
    await say(live, 'The quarterly plan is <b>ready</b>');
    for (let index = 0; index < 120; index++) await say(live, `filler ${index}`);
    await say(await cleo.chats.open(cluster.account('ann').userId), 'My plans for Sunday');
    await Promise.all([bob, cleo].map((person) => person[Symbol.asyncDispose]()));
    browser = await TestBrowser.launch();
    ann = await (await browser.open(cluster.urls[0] ?? '', { bypassCSP: true })).signIn('ann');
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  afterEach(() => assert.deepEqual(ann.complaints.splice(0), []));

  const hits = () => ann.page.getByRole('listbox', { name: 'Messages found' }).getByRole('option');
  const find = async (words: string, count: number) => {
    await ann.page.getByRole('searchbox', { name: 'Words' }).fill(words);
    await eventually(async () => assert.equal(await hits().count(), count), { withinMs: 8_000, what: `${count} × ${words}` });
  };

  it('finds by the beginnings of words, marks them, and narrows by person', async () => {
    await ann.page.keyboard.press('Control+f');
    await ann.page.getByRole('heading', { name: 'Search messages' }).waitFor();
    await ann.page.getByText('What are you looking for?').waitFor();
    await find('plan', 2);
    assert.deepEqual(await hits().locator('mark').allTextContents(), ['plans', 'plan']);
    assert.equal(await hits().locator('b').count(), 0, 'markup stays text');
    await ann.page.getByRole('combobox', { name: 'From person' }).pressSequentially('bob');
    await ann.page.locator('[role="option"]', { hasText: /^bob$/ }).click();
    await eventually(async () => assert.equal(await hits().count(), 1));
    await ann.page.getByText('1 message found').waitFor();
  });

  it('jumps to what was found, however far back, and finds its results again on the way back', async () => {
    await hits().first().click();
    await ann.messages.getByText('The quarterly plan').waitFor(soon);
    await eventually(async () => {
      const box = await ann.messages.getByText('The quarterly plan').boundingBox();
      assert.ok(box !== null && box.y > 0 && box.y < 900, 'it is in sight');
    });
    await ann.page.goBack();
    await eventually(async () => assert.equal(await hits().count(), 1));
    await ann.page.getByRole('button', { name: 'Reset the search' }).click();
    await ann.page.getByText('What are you looking for?').waitFor();
  });

  it('says when there is nothing, and what is wrong with the days', async () => {
    await find('nowhere', 0);
    await ann.page.getByText('No message found').waitFor(soon);
    await ann.page.getByLabel('From day').fill('2026-03-02');
    await ann.page.getByLabel('To day').fill('2026-03-01');
    await ann.page.getByText('The last day must not be before the first.').waitFor();
    await ann.page.getByRole('button', { name: 'Reset the search' }).click();
  });

  it('is reached from a conversation and from the search of people', async () => {
    await ann.showChats();
    await ann.page.getByRole('listbox', { name: 'Chats' }).getByRole('option', { name: /cleo/ }).click();
    await ann.page.getByRole('button', { name: 'Search in this conversation' }).click();
    await eventually(async () => assert.equal(await hits().count(), 1));
    await ann.search.fill('quarter');
    await ann.page.getByRole('button', { name: 'Search messages for “quarter”' }).click();
    await eventually(async () => assert.equal(await hits().locator('mark').first().textContent(), 'quarterly'));
  });

  for (const width of [320, 800, 1400]) {
    it(`is accessible at ${width} px`, async () => {
      await ann.page.setViewportSize({ width, height: 800 });
      await find('plan', 2);
      assert.deepEqual(await violations(ann.page), []);
    });
  }
});
