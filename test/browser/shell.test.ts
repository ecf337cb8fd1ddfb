import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly path: string;
}

/** What the script below puts into pages. */
interface Prepared {
  readonly shown: readonly Shown[];
  inFront: boolean;
}
declare const prepared: Prepared;

/** Remembers notifications instead of showing them, and says whether the page is in front as the test wants it. */
function watchNotifications(page: Page): Promise<unknown> {
  return page.addInitScript(() => {
    const shown: object[] = [];
    const state = { shown, inFront: true };
    Object.assign(globalThis, { prepared: state });
    ServiceWorkerRegistration.prototype.showNotification = async (title, { body, data } = {}) => {
      shown.push({ title, body, path: data.path });
    };
    document.hasFocus = () => state.inFront;
  });
}

describe('web client: its shell', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let browser: TestBrowser;
  let ann: ClientPage;
  let bob: ClientPage;

  before(async () => {
    cluster = await Cluster.start({
      servers: 3,
      started: false,
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } },
    });
    await Promise.all([cluster.server(0).start(), cluster.server(1).start()]);
    await cluster.untilTogether();
    browser = await TestBrowser.launch();
    const [one = '', two = ''] = cluster.urls;
    ann = await (await browser.open(one, { permissions: ['notifications'] }, watchNotifications)).signIn('ann');
    bob = await (await browser.open(two)).signIn('bob');
  });
  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  it('can be installed', async () => {
    await ann.page.evaluate(() => navigator.serviceWorker.ready);
    const session = await ann.page.context().newCDPSession(ann.page);
    const { url, errors, data } = await session.send('Page.getAppManifest');
    assert.deepEqual([new URL(url).pathname, errors], ['/manifest.webmanifest', []]);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    // Pages of tests are those of private windows.
    const ids = installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito');
    assert.deepEqual(ids, []);
    const { icons } = JSON.parse(data ?? '{}') as { icons: { src: string; type: string }[] };
    for (const { src, type } of icons) {
      const answer = await ann.page.request.get(new URL(src, ann.page.url()).href);
      assert.deepEqual([answer.status(), answer.headers()['content-type']?.split(';')[0]], [200, type], src);
    }
  });

  describe('tells of messages by notifications', () => {
    const shown = () => ann.page.evaluate(() => prepared.shown);
    const front = (inFront: boolean) =>
      ann.page.evaluate((is) => {
        prepared.inFront = is;
      }, inFront);
    const arrived = (text: string) =>
      eventually(async () => assert.match((await ann.conversation('bob').textContent()) ?? '', new RegExp(text)), {
        withinMs: 5_000,
        what: `"${text}" is there`,
      });

    before(async () => {
      await ann.showChats();
      await bob.openChat('ann');
    });

    it('while its page is not in front', async () => {
      await bob.say('in front');
      await arrived('in front');
      await front(false);
      await bob.say('not in front');
      await eventually(async () => assert.equal((await shown()).length, 1), { withinMs: 5_000 });
      const [only] = await shown();
      assert.match(only?.title ?? '', /bob/);
      assert.equal(only?.body, 'not in front');
      await ann.go(only?.path ?? '');
      await ann.messages.getByText('not in front').waitFor();
      await ann.go('/');
    });

    it('not while the person does not want to be disturbed, whichever device said so', async () => {
      await ann.setPresence('Do not disturb');
      await bob.say('unheard');
      await arrived('unheard');
      await ann.setPresence('Automatic');
      await bob.say('heard again');
      await eventually(async () => assert.deepEqual((await shown()).at(-1)?.body, 'heard again'), { withinMs: 5_000 });
      assert.ok(!(await shown()).some(({ body }) => body === 'unheard'));
      await front(true);
    });
  });

  describe('when its servers die', () => {
    it('is cached anew when a server is added, so that it finds its way when all others are dead', async () => {
      const [, , third = ''] = cluster.urls;
      const policy = () =>
        ann.page.evaluate(async () => {
          const [name = ''] = (await caches.keys()).filter((each) => each.startsWith('ucmesh-shell-'));
          const shell = await (await caches.open(name)).match('/');
          return shell?.headers.get('content-security-policy') ?? '';
        });
      await ann.page.evaluate(() => navigator.serviceWorker.ready);
      await eventually(async () => assert.match(await policy(), /connect-src/), {
        withinMs: 10_000,
        what: 'the shell is cached',
      });
      assert.ok(!(await policy()).includes(third));
      await cluster.server(2).start();
      await eventually(async () => assert.ok((await policy()).includes(third)), {
        withinMs: 20_000,
        what: 'the cached shell allows the third server',
      });
      await cluster.server(0).kill();
      await cluster.server(1).kill();
      await ann.page.reload();
      await ann.search.waitFor({ timeout: 30_000 });
      await eventually(async () =>
        assert.equal((await ann.page.evaluate(() => fetch('/livez').catch(() => 'dead'))) as unknown, 'dead'),
      );
      await ann.showChats();
      await ann.conversation('bob').click();
      await ann.say('through the third');
      await ann.messages.getByText('through the third').waitFor();
    });
  });
});
