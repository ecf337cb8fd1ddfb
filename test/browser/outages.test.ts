import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
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
    await ann.page.locator('[data-reach="mesh"]').waitFor({ timeout: 15_000 });
    await eventually(async () => assert.match((await ann.contact('bob').textContent()) ?? '', /not up to date/), {
      withinMs: 10_000,
    });
    await ann.say('through the database');
    await bob.messages.getByText('through the database').waitFor({ timeout: 20_000 });
    await cluster.redis.restart();
    await ann.page.locator('[data-reach="mesh"]').waitFor({ state: 'detached', timeout: 20_000 });
    await eventually(async () => assert.doesNotMatch((await ann.contact('bob').textContent()) ?? '', /not up to date/), {
      withinMs: 10_000,
    });
  });

  it('keeps a message while another process holds the database locked, and it arrives once afterwards', async () => {
    const locker = new DatabaseSync(cluster.mesh.databaseFile);
    locker.exec('BEGIN IMMEDIATE');
    try {
      await ann.say('kept in the meantime');
      await ann.page.locator('[data-reach="database"]').waitFor({ timeout: 15_000 });
      await ann.messages.getByText('kept in the meantime').waitFor();
      await bob.setPresence('Busy');
      await eventually(async () => assert.match((await ann.contact('bob').textContent()) ?? '', /Busy/), { withinMs: 5_000 });
    } finally {
      locker.exec('ROLLBACK');
      locker.close();
    }
    await bob.messages.getByText('kept in the meantime').waitFor({ timeout: 20_000 });
    await ann.page.locator('[data-reach="database"]').waitFor({ state: 'detached', timeout: 20_000 });
    // Stored for good: it has its number.
    await ann.messages.getByRole('img', { name: 'Read' }).last().waitFor({ timeout: 20_000 });
    assert.deepEqual(await ann.texts(), await bob.texts());
    assert.equal((await bob.texts()).filter((text) => text === 'kept in the meantime').length, 1);
  });

  it('says that it is offline, keeps what is written, and sends it when the network is back', async () => {
    await ann.page.context().setOffline(true);
    await ann.page.locator('[data-reach="offline"]').waitFor();
    await ann.page.context().setOffline(false);
    await ann.page.locator('[data-reach="offline"]').waitFor({ state: 'detached' });
    await ann.say('online again');
    await bob.messages.getByText('online again').waitFor({ timeout: 20_000 });
  });
});
