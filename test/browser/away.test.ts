import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

/** What the scripts below put into pages. */
interface Prepared {
  /** Lets this much time pass at once. */
  skip(ms: number): void;
  /** What the browser notices about the person. */
  notice(userState: 'active' | 'idle', screenState: 'locked' | 'unlocked'): void;
}
declare const prepared: Prepared;

/** The page looks at this often whether the person is inactive. */
const lookEveryMs = 10_000;
const fiveMinutesMs = 5 * 60_000;

/** A clock that can be put forward, and no idle detection. */
function fakeClock(page: Page): Promise<unknown> {
  return page.addInitScript(() => {
    const real = performance.now.bind(performance);
    let ahead = 0;
    performance.now = () => real() + ahead;
    Reflect.deleteProperty(globalThis, 'IdleDetector');
    Object.assign(globalThis, {
      prepared: {
        skip(ms: number) {
          ahead += ms;
        },
      },
    });
  });
}

/** Idle detection as the browser has it once the person has allowed it, told by the test what there is to notice. */
function fakeDetector(page: Page): Promise<unknown> {
  return page.addInitScript(() => {
    let allowed = false;
    const query = navigator.permissions.query.bind(navigator.permissions);
    navigator.permissions.query = (asked) =>
      (asked.name as string) === 'idle-detection'
        ? Promise.resolve({ state: allowed ? 'granted' : 'prompt' } as PermissionStatus)
        : query(asked);
    class IdleDetector extends EventTarget {
      userState: string | null = null;
      screenState: string | null = null;
      static async requestPermission() {
        allowed = true;
        return 'granted';
      }
      async start({ threshold }: { threshold: number }) {
        if (threshold < 60_000) throw new TypeError('a browser wants a minute at least');
        Object.assign(globalThis, {
          prepared: {
            notice: (userState: string, screenState: string) => {
              Object.assign(this, { userState, screenState });
              this.dispatchEvent(new Event('change'));
            },
          },
        });
      }
    }
    Object.assign(globalThis, { IdleDetector });
  });
}

describe('web client: a person who is away from their device', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let browser: TestBrowser;
  let ann: ClientPage;
  let bob: ClientPage;

  before(async () => {
    cluster = await Cluster.start({ people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } } });
    browser = await TestBrowser.launch();
    bob = await (await browser.open(cluster.urls[1] ?? '')).signIn('bob');
  });
  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    assert.deepEqual(ann.complaints, []);
    await ann.close();
  });

  const seen = (what: RegExp, withinMs = 5_000) =>
    eventually(async () => assert.match((await bob.contact('ann').textContent()) ?? '', what), {
      withinMs,
      what: `ann is seen as ${what}`,
    });
  const annOpens = async (prepare: (page: Page) => Promise<unknown>) =>
    (await browser.open(cluster.urls[0] ?? '', {}, prepare)).signIn('ann');

  it('counts as away after five minutes without input in the page, and is back with the first input', async () => {
    ann = await annOpens(fakeClock);
    await seen(/Available/);
    await ann.page.evaluate((ms) => prepared.skip(ms), fiveMinutesMs);
    await seen(/Away/, 2 * lookEveryMs);
    await ann.page.keyboard.press('Shift');
    await seen(/Available/);
    await ann.go('/settings');
    await ann.page.getByText('You count as inactive after 5 minutes without input in this page').waitFor();
    await ann.page.getByText('This browser cannot tell more').waitFor();
  });

  it('does not count as away while another device of theirs is active', async () => {
    ann = await annOpens(fakeClock);
    const laptop = await annOpens(async () => undefined);
    await seen(/Available/);
    await ann.page.evaluate((ms) => prepared.skip(ms), fiveMinutesMs);
    // Once the first device has been found idle, only the second one keeps ann available.
    await ann.page.waitForTimeout(lookEveryMs + 1_000);
    await seen(/Available/);
    await laptop.close();
    await seen(/Away/, 20_000);
  });

  it('is noticed by the browser where that is allowed: inactive, or with the screen locked', async () => {
    ann = await annOpens(fakeDetector);
    await ann.go('/settings');
    await ann.page.getByText('You count as inactive after 5 minutes without input in this page').waitFor();
    await ann.page.getByRole('button', { name: 'Let the browser tell' }).click();
    await ann.page.getByText('The browser tells when you have not used this computer').waitFor();
    await ann.page.evaluate(() => prepared.notice('idle', 'unlocked'));
    await seen(/Away/);
    // Input in the page says nothing any more: the browser knows better.
    await ann.page.keyboard.press('Shift');
    await ann.page.evaluate(() => prepared.notice('active', 'unlocked'));
    await seen(/Available/);
    await ann.page.evaluate(() => prepared.notice('active', 'locked'));
    await seen(/Away/);
    await ann.page.evaluate(() => prepared.notice('active', 'unlocked'));
    await seen(/Available/);
  });
});
