import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { createGroup } from '#test/support/company.ts';
import { eventually } from '#test/support/eventually.ts';
import { violations } from './support/accessibility.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

/** Waits that cross servers. */
const soon = { timeout: 30_000 };

describe('web client: groups and channels on two servers', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let browser: TestBrowser;
  let ann: ClientPage;
  let bob: ClientPage;
  let cleo: ClientPage;

  before(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, cleo: { home: 'server-2' }, dora: {} },
    });
    const userIds = ['ann', 'bob'].map((name) => cluster.account(name).userId);
    await createGroup(cluster.mesh, 'Sales', userIds);
    browser = await TestBrowser.launch();
    const [one = '', two = ''] = cluster.urls;
    ann = await (await browser.open(one)).signIn('ann');
    bob = await (await browser.open(two)).signIn('bob');
    cleo = await (await browser.open(two)).signIn('cleo');
    for (const page of [ann, bob, cleo]) await page.showChats();
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  afterEach(() => {
    assert.deepEqual(
      [ann, bob, cleo].flatMap((page) => page.complaints.splice(0)),
      [],
    );
  });

  const dialog = ({ page }: ClientPage) => page.getByRole('dialog');
  const panel = ({ page }: ClientPage) => page.getByRole('complementary', { name: 'Members' });
  const member = (page: ClientPage, name: string) => panel(page).getByRole('option', { name: new RegExp(name) });

  const choose = async (page: ClientPage, name: string) => {
    await dialog(page).getByRole('combobox', { name: 'People' }).pressSequentially(name);
    await page.page.getByRole('option', { name: new RegExp(`^${name}`) }).click();
    await dialog(page)
      .getByRole('listbox', { name: /chosen/ })
      .getByRole('option', { name: new RegExp(name) })
      .waitFor();
  };

  const begin = async (page: ClientPage, title: string, people: readonly string[], kind = 'Group') => {
    await page.page.getByRole('button', { name: 'New group or channel' }).click();
    await dialog(page).getByRole('radio', { name: kind }).click();
    await dialog(page).getByRole('textbox', { name: 'Name' }).fill(title);
    for (const name of people) await choose(page, name);
    await dialog(page).getByRole('button', { name: 'Create' }).click();
    await page.page.getByRole('heading', { name: title, level: 1 }).waitFor(soon);
  };

  const act = async (page: ClientPage, name: string, what: string) => {
    await member(page, name).click();
    await page.page.getByRole('menuitem', { name: what }).click();
  };

  it('begins a group by keyboard and pointer; everybody in it hears of it', async () => {
    await ann.page.getByRole('button', { name: 'New group or channel' }).click();
    await dialog(ann).getByRole('button', { name: 'Create' }).click();
    await dialog(ann).getByText('Give it a name.').waitFor();
    await dialog(ann).getByText('Choose at least one person.').waitFor();
    await ann.page.keyboard.press('Escape');
    await begin(ann, 'Team', ['bob']);
    await ann.messages.getByText('You created “Team”').waitFor(soon);
    await bob.conversation('Team').click(soon);
    await bob.messages.getByText('ann created “Team”').waitFor(soon);
    await bob.page.getByText('2 members').first().waitFor();
  });

  it('shows who wrote, who is writing and who has read up to where', async () => {
    await ann.composer.pressSequentially('Wel');
    await bob.messages.getByText('ann is writing').waitFor(soon);
    await ann.say('Welcome');
    await bob.messages.getByText('Welcome').waitFor(soon);
    await bob.messages.getByText(/^ann ·/).waitFor();
    await ann.messages.getByRole('img', { name: 'Read by bob' }).waitFor(soon);
  });

  it('lets moderators add, promote and rename, tells of it, and opens by its address', async () => {
    await panel(ann).getByRole('button', { name: 'Add people' }).click();
    await choose(ann, 'cleo');
    await dialog(ann).getByRole('button', { name: 'Add people' }).click();
    await bob.messages.getByText('ann added cleo').waitFor(soon);
    await cleo.conversation('Team').click(soon);
    await cleo.messages.getByText('Welcome').waitFor(soon);
    await member(cleo, 'ann').getByText('Moderator').waitFor();
    assert.equal(await panel(cleo).getByRole('button', { name: 'Rename' }).count(), 0);
    await act(ann, 'bob', 'Make moderator');
    await bob.messages.getByText('ann made you moderator').waitFor(soon);
    await panel(bob).getByRole('button', { name: 'Rename' }).click();
    await dialog(bob).getByRole('textbox').fill('Crew');
    await dialog(bob).getByRole('button', { name: 'Save' }).click();
    await cleo.page.getByRole('heading', { name: 'Crew', level: 1 }).waitFor(soon);
    await cleo.messages.getByText('bob changed the name to “Crew”').waitFor(soon);
    const address = cleo.page.url();
    assert.match(address, /\/conversation\/g-/);
    await cleo.page.goto(address);
    await cleo.messages.getByText('Welcome').waitFor(soon);
  });

  it('keeps a muted group out of the counts until it is turned on again', async () => {
    await cleo.page.getByRole('button', { name: 'Mute' }).click();
    await cleo.page.getByRole('menuitem', { name: 'For 1 hour' }).click();
    await cleo.page.getByRole('button', { name: /^Muted until/ }).waitFor();
    await cleo.page.keyboard.press('Escape');
    await cleo.page.getByText('Nothing open yet').waitFor();
    await ann.say('Quiet please');
    await cleo.conversation('Crew').getByRole('img', { name: '1 unread message' }).waitFor(soon);
    assert.doesNotMatch(await cleo.page.title(), /^\(/);
    await cleo.conversation('Crew').click();
    await cleo.page.getByRole('button', { name: /^Muted until/ }).click();
    await cleo.page.getByRole('menuitem', { name: 'Turn notifications on' }).click();
    await cleo.page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
  });

  it('takes somebody out, and lets people leave after they were asked', async () => {
    await act(ann, 'cleo', 'Remove from the group');
    await cleo.page.getByText('You are no longer in this group.').first().waitFor(soon);
    await ann.messages.getByText('You removed cleo').waitFor();
    await cleo.composer.waitFor({ state: 'detached' });
    await panel(bob).getByRole('button', { name: 'Leave' }).click();
    await bob.page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
    await panel(bob).getByRole('button', { name: 'Leave' }).click();
    await bob.page.getByRole('alertdialog').getByRole('button', { name: 'Leave' }).click();
    await ann.messages.getByText('bob has left').waitFor(soon);
    await bob.messages.getByText('You have left').waitFor(soon);
    await eventually(async () => assert.equal(await member(ann, 'bob').count(), 0));
  });

  it('lets only moderators write in a channel', async () => {
    await begin(ann, 'News', ['bob', 'dora'], 'Channel');
    await ann.say('Read this');
    await bob.conversation('News').click(soon);
    await bob.messages.getByText('Read this').waitFor(soon);
    await bob.page.getByText('Only moderators may write here.').waitFor();
    await bob.composer.waitFor({ state: 'detached' });
    await act(ann, 'bob', 'Make moderator');
    await bob.composer.waitFor(soon);
  });

  it('opens the group of a department, which nobody leaves or changes by hand', async () => {
    await ann.page.getByRole('button', { name: 'Groups of my departments' }).click();
    await ann.page.getByRole('menuitem', { name: 'Group of Sales' }).click();
    await ann.page.getByRole('heading', { name: 'Sales', level: 1 }).waitFor(soon);
    await ann.messages.getByText('The group of Sales was created').waitFor(soon);
    await panel(ann).getByText('Everybody in the department is in it').waitFor();
    assert.equal(await panel(ann).getByRole('button', { name: 'Leave' }).count(), 0);
    await ann.say('Hello Sales');
    await bob.conversation('Sales').click(soon);
    await bob.messages.getByText('Hello Sales').waitFor(soon);
    assert.equal(await cleo.page.getByRole('button', { name: 'Groups of my departments' }).count(), 0);
  });

  it('shows on one device what was begun on another', async () => {
    const [one = ''] = cluster.urls;
    const phone = await (await browser.open(one)).signIn('ann');
    await ann.composer.fill('Begun at the desk');
    await phone.showChats();
    await phone.conversation('Sales').click();
    await eventually(async () => assert.equal(await phone.composer.inputValue(), 'Begun at the desk'), { withinMs: 8_000 });
    await phone.composer.fill('Finished on the phone');
    await eventually(async () => assert.equal(await ann.composer.inputValue(), 'Finished on the phone'), { withinMs: 8_000 });
    await phone.composer.press('Enter');
    await eventually(async () => assert.equal(await ann.composer.inputValue(), ''), { withinMs: 8_000 });
    await phone.close();
  });

  for (const [width, colorScheme] of [
    [320, 'dark'],
    [800, 'light'],
    [1400, 'dark'],
  ] as const) {
    it(`is accessible at ${width} px, ${colorScheme}`, async () => {
      const [one = ''] = cluster.urls;
      const page = await browser.open(one, { viewport: { width, height: 800 }, colorScheme, bypassCSP: true });
      await page.signIn('ann');
      await page.showChats();
      const found: string[] = [];
      const look = async (view: string) => found.push(...(await violations(page.page)).map((each) => `${view}: ${each}`));
      await page.page.getByRole('button', { name: 'New group or channel' }).click();
      await choose(page, 'bob');
      await look('new group');
      await page.page.keyboard.press('Escape');
      await page.conversation('News').click();
      await page.messages.getByText('Read this').waitFor();
      await look('channel');
      await page.go(`${new URL(page.page.url()).pathname}/members`);
      await page.page.getByRole('listbox', { name: 'Members' }).waitFor();
      await look('members');
      await page.page.getByRole('button', { name: 'Leave' }).click();
      await page.page.getByRole('alertdialog').waitFor();
      await look('leaving');
      await page.close();
      assert.deepEqual(found, []);
    });
  }
});
