import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import { InProcess } from '#test/support/in-process.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

describe('web client: the own account, devices and permissions', function () {
  this.timeout(90_000);
  let stage: InProcess;
  let browser: TestBrowser;
  let ann: ClientPage;
  let bob: ClientPage;

  before(async () => {
    stage = await InProcess.start({ servers: 2, people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } } });
    browser = await TestBrowser.launch();
    const [one = '', two = ''] = stage.urls;
    ann = await (await browser.open(one)).signIn('ann');
    bob = await (await browser.open(two)).signIn('bob');
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  it('says why a sign-in failed', async () => {
    const [one = ''] = stage.urls;
    const stranger = await browser.open(one);
    await stranger.page.getByLabel('Sign-in name').fill('ann');
    await stranger.page.getByLabel('Password', { exact: true }).fill('not the password');
    await stranger.page.getByRole('button', { name: 'Sign in' }).click();
    await stranger.page.getByRole('alert').getByText('do not match').waitFor();
    await stranger.close();
  });

  it('stores a picture that others see', async () => {
    await ann.go('/settings');
    const picture = await ann.page.evaluate(async () => {
      const canvas = new OffscreenCanvas(600, 400);
      const context = canvas.getContext('2d');
      if (context) context.fillStyle = 'teal';
      context?.fillRect(0, 0, 600, 400);
      return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())];
    });
    const file = { name: 'ann.png', mimeType: 'image/png', buffer: Buffer.from(picture) };
    await ann.page.locator('input[type="file"]').setInputFiles(file);
    await ann.page.getByText('The picture was stored.').first().waitFor();
    await bob.contact('ann').locator('img').waitFor();
    assert.match((await bob.contact('ann').locator('img').getAttribute('src')) ?? '', /^blob:/);
    await ann.page.getByRole('button', { name: 'Remove picture' }).click();
    await bob.contact('ann').locator('img').waitFor({ state: 'detached' });
  });

  it('blocks a person and takes that back with undo', async () => {
    await ann.setPresence('Available');
    await ann.go('/permissions');
    await ann.page.getByRole('combobox', { name: 'Add person or group' }).pressSequentially('bob');
    await ann.page.getByRole('option', { name: /bob/ }).click();
    await ann.page.getByLabel('Level of bob').selectOption({ label: 'Blocked' });
    const seen = (what: RegExp) =>
      eventually(async () => assert.match((await bob.contact('ann').textContent()) ?? '', what), {
        withinMs: 5_000,
        what: String(what),
      });
    await seen(/Unknown/);
    await ann.page.getByRole('button', { name: 'Take back the grant of bob' }).click();
    await seen(/Available/);
    await ann.page.getByRole('button', { name: 'Undo' }).click();
    await seen(/Unknown/);
    await ann.page.getByRole('button', { name: 'Take back the grant of bob' }).click();
    await seen(/Available/);
  });

  it('sets the presence of another who lets it', async () => {
    await ann.go(`/person/${stage.account('bob').userId}`);
    await ann.page.getByRole('button', { name: 'Set presence of bob' }).click();
    await ann.page.getByRole('radio', { name: 'Do not disturb' }).click();
    await ann.page.getByRole('button', { name: 'Save' }).click();
    await bob.page.getByRole('button', { name: /My presence/ }).click();
    await bob.page.getByText('ann set you to “Do not disturb”.').waitFor();
    await bob.page.keyboard.press('Escape');
  });

  it('hands the session over to a second tab, and takes it back', async () => {
    const tab = await ann.page.context().newPage();
    await tab.goto(ann.page.url());
    await tab.getByPlaceholder('Search people').waitFor();
    await ann.page.getByText('opened in another tab').waitFor();
    await ann.page.getByRole('button', { name: 'Use it here' }).click();
    await ann.search.waitFor();
    await tab.getByText('opened in another tab').waitFor();
    await tab.close();
  });

  it('changes the password, which signs out all other devices', async () => {
    const [, two = ''] = stage.urls;
    const elsewhere = await (await browser.open(two)).signIn('ann');
    await ann.go('/settings');
    await ann.page.getByLabel('Current password').fill('not the password');
    await ann.page.getByLabel(/^New password\*?$/).fill('a new and long password');
    await ann.page.getByLabel('New password again').fill('a new and long password');
    await ann.page.getByRole('button', { name: 'Change password' }).click();
    await ann.page.getByText('The current password is not right.').waitFor();
    await ann.page.getByLabel('Current password').fill(stage.account('ann').password);
    await ann.page.getByRole('button', { name: 'Change password' }).click();
    await ann.page.getByText('The password was changed.').first().waitFor();
    await elsewhere.page.getByText('This device was signed out.').waitFor();
    await elsewhere.signIn('ann', 'a new and long password');
    await elsewhere.close();
  });

  it('signs out and keeps nothing that could sign in again', async () => {
    await ann.page.getByRole('button', { name: 'Menu' }).click();
    await ann.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await ann.page.getByLabel('Sign-in name').waitFor();
    await ann.page.reload();
    await ann.page.getByLabel('Sign-in name').waitFor();
  });
});
