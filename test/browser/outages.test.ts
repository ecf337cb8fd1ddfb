import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { violations } from './support/accessibility.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

describe('web client: what it says and keeps while something is away', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let browser: TestBrowser;
  let ann: ClientPage;
  let bob: ClientPage;

  before(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, eve: { home: 'server-1' } },
    });
    browser = await TestBrowser.launch();
    const [one = '', two = ''] = cluster.urls;
    ann = await (await browser.open(one)).signIn('ann');
    bob = await (await browser.open(two)).signIn('bob');
    await ann.openChat('bob');
    await bob.openChat('ann');
    await ann.say('before');
    await bob.messages.getByText('before').waitFor();
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  afterEach(() => {
    assert.deepEqual([...ann.complaints.splice(0), ...bob.complaints.splice(0)], []);
  });

  it('says that servers do not hear each other while Redis is away; messages still cross', async () => {
    await cluster.redis.kill();
    await ann.page.locator('[data-reach="mesh"]').waitFor();
    await eventually(async () => assert.match((await ann.contact('bob').textContent()) ?? '', /not up to date/), {
      withinMs: 10_000,
    });
    await ann.say('through the database');
    await bob.messages.getByText('through the database').waitFor();
    await cluster.redis.restart();
    await ann.page.locator('[data-reach="mesh"]').waitFor({ state: 'detached' });
    await eventually(async () => assert.doesNotMatch((await ann.contact('bob').textContent()) ?? '', /not up to date/), {
      withinMs: 10_000,
    });
  });

  it('keeps a message while another process holds the database locked, and it arrives once afterwards', async () => {
    const locker = new DatabaseSync(cluster.mesh.databaseFile);
    locker.exec('BEGIN IMMEDIATE');
    try {
      await ann.say('kept in the meantime');
      await ann.page.locator('[data-reach="database"]').waitFor();
      await ann.messages.getByText('kept in the meantime').waitFor();
      // Changes of it wait as it does, and say so.
      await bob.messages.getByText('kept in the meantime').waitFor();
      await bob.act('kept in the meantime', 'React');
      await bob.page.getByRole('button', { name: 'Party', exact: true }).first().click();
      await ann.messages.getByRole('button', { name: /Party from bob, will be stored later/ }).waitFor();
      await ann.composer.hover();
      await ann.composer.press('ArrowUp');
      await ann.say('kept, and changed');
      await ann.message('kept, and changed').getByRole('img', { name: 'Changed, will be stored later' }).waitFor();
      await bob.message('kept, and changed').waitFor();
      assert.deepEqual(await violations(ann.page), []);
      await bob.setPresence('Busy');
      await eventually(async () => assert.match((await ann.contact('bob').textContent()) ?? '', /Busy/), { withinMs: 5_000 });
    } finally {
      locker.exec('ROLLBACK');
      locker.close();
    }
    await ann.page.locator('[data-reach="database"]').waitFor({ state: 'detached' });
    // Stored for good: it has its number.
    await ann.messages.getByRole('img', { name: 'Read' }).last().waitFor();
    await eventually(async () => assert.deepEqual(await ann.texts(), await bob.texts()));
    assert.equal((await bob.texts()).filter((text) => text.startsWith('kept')).length, 1);
    await bob.messages.getByRole('img', { name: /will be stored later/ }).waitFor({ state: 'detached' });
    await ann.messages.getByRole('button', { name: /Party from bob\. Press/ }).waitFor();
  });

  it('says that it is offline, keeps what is written, and sends it when the network is back', async () => {
    await ann.page.context().setOffline(true);
    await ann.page.locator('[data-reach="offline"]').waitFor();
    await ann.page.context().setOffline(false);
    await ann.page.locator('[data-reach="offline"]').waitFor({ state: 'detached' });
    await ann.say('online again');
    await bob.messages.getByText('online again').waitFor();
  });
});
