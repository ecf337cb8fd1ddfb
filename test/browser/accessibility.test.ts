import assert from 'node:assert/strict';
import { InProcess } from '#test/support/in-process.ts';
import { violations } from './support/accessibility.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

const widths = [320, 800, 1400] as const;
const colours = ['light', 'dark'] as const;

describe('web client: accessible in light and dark, narrow and wide', function () {
  this.timeout(120_000);
  let stage: InProcess;
  let browser: TestBrowser;

  before(async () => {
    stage = await InProcess.start({ servers: 1, people: { ann: {}, bob: {}, eve: {} } });
    browser = await TestBrowser.launch();
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  for (const colorScheme of colours) {
    for (const width of widths) {
      it(`${colorScheme}, ${width} px: axe-core finds nothing in any view`, async () => {
        const page = await openAt(width, { colorScheme });
        const found: string[] = [];
        const look = async (view: string) => found.push(...(await violations(page.page)).map((each) => `${view}: ${each}`));
        await look('sign-in');
        await page.signIn('ann');
        await page.contact('bob').waitFor();
        await look('contacts');
        await page.showChats();
        await look('chats');
        await openPresence(page, look);
        await page.search.fill('bo');
        await page.page.getByRole('option', { name: /bob/ }).waitFor();
        await look('search');
        await page.search.fill('');
        await page.openChat('bob');
        await page.say('Hello, see https://example.org');
        await page.messages.getByText('Hello').first().waitFor();
        await look('chat');
        await page.go(`/person/${stage.account('bob').userId}`);
        await page.page.getByRole('heading', { name: 'bob', level: 1 }).waitFor();
        await look('person');
        await page.go('/settings');
        await page.page.getByRole('heading', { name: 'Devices' }).waitFor();
        await look('settings');
        await page.go('/permissions');
        await page.page.getByRole('heading', { name: 'Grants' }).waitFor();
        await look('permissions');
        await page.go('/');
        await page.page.keyboard.press('?');
        await page.page.getByRole('dialog').waitFor();
        await look('shortcuts');
        await page.close();
        assert.deepEqual(found, []);
        assert.deepEqual(page.complaints, []);
      });
    }
  }

  it('shows everything with forced colours and at 320 px without scrolling sideways', async () => {
    const page = await openAt(320, { forcedColors: 'active' });
    await page.signIn('ann');
    for (const path of [
      '/',
      `/chat/${stage.account('bob').userId}`,
      `/person/${stage.account('bob').userId}`,
      '/settings',
      '/permissions',
    ]) {
      await page.go(path);
      await page.page.getByRole('main').waitFor();
      const wider = await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wider, 0, path);
    }
    await page.close();
  });

  async function openAt(width: number, options: object): Promise<ClientPage> {
    const [url = ''] = stage.urls;
    return browser.open(url, { viewport: { width, height: 700 }, bypassCSP: true, reducedMotion: 'reduce', ...options });
  }

  async function openPresence(page: ClientPage, look: (view: string) => Promise<unknown>): Promise<void> {
    await page.page.getByRole('button', { name: /My presence/ }).click();
    await page.page.getByRole('radio', { name: 'Busy' }).waitFor();
    await look('own presence');
    await page.page.keyboard.press('Escape');
  }
});
