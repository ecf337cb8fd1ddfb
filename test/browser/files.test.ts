import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { violations } from './support/accessibility.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

/** Waits that cross servers. */
const soon = { timeout: 30_000 };

describe('web client: files on two servers', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let browser: TestBrowser;
  let folder: TempFolder;
  let ann: ClientPage;
  let bob: ClientPage;

  before(async () => {
    folder = new TempFolder('browser-files');
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } },
      sections: { files: { folder: folder.file('store') } },
    });
    browser = await TestBrowser.launch();
    const [one = '', two = ''] = cluster.urls;
    ann = await (await browser.open(one, { bypassCSP: true })).signIn('ann');
    bob = await (await browser.open(two, { bypassCSP: true, acceptDownloads: true })).signIn('bob');
    await ann.openChat('bob');
    await bob.openChat('ann');
  });
  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
    folder?.remove();
  });
  afterEach(() => {
    assert.deepEqual(
      [ann, bob].flatMap(({ complaints }) => complaints.splice(0)),
      [],
    );
  });

  const attached = ({ page }: ClientPage): Locator => page.getByRole('list', { name: 'Attached files' });

  async function picture(name: string): Promise<string> {
    const file = folder.file(name);
    const pixels = { create: { width: 900, height: 600, channels: 3 as const, background: '#2060c0' } };
    writeFileSync(file, await sharp(pixels).png().toBuffer());
    return file;
  }

  /** Hands a file over as a person does who drops or pastes it. */
  async function hand({ page }: ClientPage, how: 'drop' | 'paste', file: string, name: string): Promise<void> {
    const transfer = await page.evaluateHandle(
      ({ base64, called }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const made = new DataTransfer();
        made.items.add(new File([bytes], called, { type: 'image/png' }));
        return made;
      },
      { base64: readFileSync(file).toString('base64'), called: name },
    );
    if (how === 'drop') {
      await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
      await page.getByText('Drop files here to attach them').waitFor();
      await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
      return;
    }
    await page.evaluate((data) => {
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      document.querySelector('#composer')?.dispatchEvent(event);
    }, transfer);
  }

  it('takes a picture that is dropped; the other person sees it, enlarges it and saves it', async () => {
    const file = await picture('holiday.png');
    await hand(ann, 'drop', file, 'holiday.png');
    await attached(ann).getByText('holiday.png').waitFor();
    await attached(ann).locator('[data-upload="done"]').waitFor(soon);
    assert.deepEqual(await violations(ann.page), []);
    await ann.say('From the sea');
    await eventually(async () => assert.equal(await attached(ann).count(), 0));
    const preview = bob.messages.getByRole('button', { name: 'Enlarge holiday.png' });
    await preview.getByRole('img', { name: 'Picture holiday.png' }).waitFor(soon);
    assert.deepEqual(await violations(bob.page), []);
    await preview.focus();
    await bob.page.keyboard.press('Enter');
    const dialog = bob.page.getByRole('dialog', { name: 'holiday.png' });
    await dialog.getByRole('img').waitFor();
    assert.deepEqual(await violations(bob.page), []);
    const downloading = bob.page.waitForEvent('download');
    await dialog.getByRole('button', { name: /Download/ }).click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), 'holiday.png');
    assert.ok(readFileSync(await download.path()).equals(readFileSync(file)));
    await bob.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('sends what is pasted and chosen without a text, and shows other files by name and size', async () => {
    await hand(ann, 'paste', await picture('pasted.png'), 'pasted.png');
    writeFileSync(folder.file('report.txt'), 'x'.repeat(1_500));
    await ann.page.locator('[data-attach]').setInputFiles(folder.file('report.txt'));
    await eventually(async () => (await attached(ann).locator('[data-upload="done"]').count()) === 2, { withinMs: 15_000 });
    await ann.composer.press('Enter');
    await bob.messages.getByRole('img', { name: 'Picture pasted.png' }).waitFor(soon);
    const chip = bob.messages.locator('[data-file="ready"]').filter({ hasText: 'report.txt' });
    await chip.getByText('1.5 kB · TXT').waitFor(soon);
    const downloading = bob.page.waitForEvent('download');
    await chip.getByRole('button', { name: 'Download report.txt' }).click();
    assert.equal(readFileSync(await (await downloading).path(), 'utf8').length, 1_500);
    const other = folder.file('setup.exe');
    writeFileSync(other, 'MZ');
    await ann.page.locator('[data-attach]').setInputFiles(other);
    await attached(ann).getByText('Files of the kind .exe are not allowed here.').waitFor(soon);
    await ann.composer.fill('Not with this');
    assert.ok(await ann.page.getByRole('button', { name: 'Send' }).isDisabled());
    assert.equal(await ann.page.getByRole('button', { name: 'Try setup.exe again' }).count(), 0);
    assert.deepEqual(await violations(ann.page), []);
    await ann.page.getByRole('button', { name: 'Remove setup.exe' }).click();
    await ann.composer.press('Enter');
    await bob.messages.getByText('Not with this').waitFor(soon);
  });

  it('sends by itself what waits for its files, unless its author thinks better of it', async () => {
    writeFileSync(folder.file('plan.bin'), Buffer.alloc(12_000_000, 'plan'));
    await ann.page.locator('[data-attach]').setInputFiles(folder.file('plan.bin'));
    await ann.page.getByRole('button', { name: 'Pause plan.bin' }).click();
    await ann.composer.fill('The plan');
    await ann.composer.press('Enter');
    const waits = ann.page.getByText('The message is sent as soon as everything is uploaded.');
    await waits.waitFor();
    assert.deepEqual(await violations(ann.page), []);
    await ann.page.getByRole('button', { name: 'Do not send yet' }).click();
    await waits.waitFor({ state: 'hidden' });
    await ann.composer.press('Enter');
    await waits.waitFor();
    await ann.page.getByRole('button', { name: 'Go on with plan.bin' }).click();
    await bob.messages.getByText('The plan').waitFor(soon);
    await bob.messages.getByText('12 MB · BIN').waitFor(soon);
    assert.deepEqual([await attached(ann).count(), await ann.composer.inputValue()], [0, '']);
  });

  it('pauses and goes on, also at another server after the own one died', async () => {
    const size = 24_000_000;
    writeFileSync(folder.file('film.bin'), Buffer.alloc(size, 'film'));
    await ann.page.locator('[data-attach]').setInputFiles(folder.file('film.bin'));
    await ann.page.getByRole('button', { name: 'Pause film.bin' }).click();
    await attached(ann).getByText('Paused').waitFor();
    await cluster.server(0).kill();
    await ann.page.getByRole('button', { name: 'Go on with film.bin' }).click();
    await attached(ann).locator('[data-upload="done"]').waitFor({ timeout: 40_000 });
    await ann.composer.press('Enter');
    await bob.messages.getByText('film.bin').waitFor(soon);
    await bob.messages.getByText('24 MB · BIN').waitFor(soon);
  });
});
