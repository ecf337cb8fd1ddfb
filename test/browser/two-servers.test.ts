import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

describe('web client: two people on two servers', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let browser: TestBrowser;
  let ann: ClientPage;
  let bob: ClientPage;

  before(async () => {
    cluster = await Cluster.start({ people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, eve: {} } });
    browser = await TestBrowser.launch();
    const [one = '', two = ''] = cluster.urls;
    ann = await (await browser.open(one)).signIn('ann');
    bob = await (await browser.open(two)).signIn('bob');
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  afterEach(() => {
    assert.deepEqual([...ann.complaints.splice(0), ...bob.complaints.splice(0)], []);
  });

  const sees = (page: ClientPage, name: string, what: RegExp) =>
    eventually(async () => assert.match((await page.contact(name).textContent()) ?? '', what), {
      withinMs: 5_000,
      what: `${name}: ${what}`,
    });

  it('shows state, note and end of the other at once', async () => {
    await sees(ann, 'bob', /Available/);
    await bob.setPresence('Busy', { note: 'In the workshop', ends: 'In 1 hour' });
    await sees(ann, 'bob', /Busy.*In the workshop/s);
    await ann.openChat('bob');
    await ann.page
      .getByRole('complementary')
      .getByText(/until .*\d\d:\d\d/)
      .waitFor();
    await bob.setPresence('Appear offline');
    await sees(ann, 'bob', /Offline/);
    await bob.setPresence('Automatic');
    await sees(ann, 'bob', /Available/);
  });

  it('carries typing, messages, links and read marks', async () => {
    await ann.openChat('bob');
    await ann.composer.pressSequentially('Hello');
    await bob.showChats();
    await ann.say('Hello bob, see https://example.org/plan. <b>not bold</b>');
    await eventually(async () => assert.match((await bob.conversation('ann').textContent()) ?? '', /Hello bob/), {
      withinMs: 5_000,
    });
    await eventually(async () => assert.match(await bob.page.title(), /^\(1\)/));
    await bob.conversation('ann').click();
    const link = bob.messages.getByRole('link', { name: 'https://example.org/plan' });
    assert.equal(await link.getAttribute('href'), 'https://example.org/plan');
    assert.match((await link.getAttribute('rel')) ?? '', /noopener/);
    assert.equal(await bob.messages.locator('b').count(), 0, 'markup stays text');
    await ann.messages.getByRole('img', { name: 'Read' }).last().waitFor();
    await bob.composer.pressSequentially('An answer');
    await ann.messages.getByText('bob is writing').waitFor();
    await bob.composer.press('Enter');
    await ann.messages.getByText('An answer').waitFor();
    await ann.messages.getByText('bob is writing').waitFor({ state: 'hidden' });
  });

  it('misses nothing and shows nothing twice after a reload', async () => {
    await ann.openChat('bob');
    const before = await ann.texts();
    const reloaded = ann.page.reload();
    await bob.openChat('ann');
    for (const text of ['one', 'two', 'three']) await bob.say(text);
    await reloaded;
    await ann.messages.getByText('three').waitFor();
    await eventually(async () => assert.deepEqual(await ann.texts(), [...before, 'one', 'two', 'three']));
  });

  it('keeps no token where a script could take it', async () => {
    const kept = await ann.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage, cookie: document.cookie }));
    assert.doesNotMatch(kept, /token|eyJ/i);
    const extractable = await ann.page.evaluate(async () => {
      const open = indexedDB.open('ucmesh');
      await new Promise((resolve) => {
        open.onsuccess = resolve;
      });
      const asked = open.result.transaction('values').objectStore('values').get('credentials');
      await new Promise((resolve) => {
        asked.onsuccess = resolve;
      });
      return (asked.result as { key: CryptoKeyPair }).key.privateKey.extractable;
    });
    assert.equal(extractable, false);
  });

  it('goes on at the other server when its own is killed, also with a new page', async () => {
    await ann.openChat('bob');
    await ann.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await cluster.server(0).kill();
    await ann.say('from the other side');
    await bob.openChat('ann');
    await bob.messages.getByText('from the other side').waitFor();
    await ann.page.reload();
    await ann.search.waitFor();
    await ann.messages.getByText('from the other side').waitFor();
    await bob.say('welcome over here');
    await ann.messages.getByText('welcome over here').waitFor();
    await cluster.server(0).start();
  });
});
