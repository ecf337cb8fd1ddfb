import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ClientPage } from './client-page.ts';

const executable = process.env.UCMESH_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** No request leaves the machine, and nothing is drawn by a graphics card that is not there. */
const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Node 26 now and then spins for ever while it takes apart a process that had children on pipes (`CleanupHandles`). When nothing
 * is left to do, and only then, it may as well end without that.
 */
function endAtOnce(): void {
  process.exit();
}

/** A Chromium for a test file; pages of different people are kept apart as in different browsers. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    if (!existsSync('dist/web/index.html')) throw new Error('The web client is not built: npm run build');
    process.once('beforeExit', endAtOnce);
    return new TestBrowser(await chromium.launch({ executablePath: executable, args: quiet }));
  }

  /**
   * A page of somebody's own browser, not signed in.
   * @param prepare runs before the page is loaded, for what is to be there from the beginning
   */
  async open(
    url: string,
    options: BrowserContextOptions = {},
    prepare: (page: Page) => Promise<unknown> = async () => undefined,
  ): Promise<ClientPage> {
    const context = await this.#browser.newContext({ viewport: { width: 1400, height: 900 }, locale: 'en-GB', ...options });
    const page = await context.newPage();
    const opened = new ClientPage(page);
    await prepare(page);
    await page.goto(url);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
