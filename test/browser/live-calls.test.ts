import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import { CallStage } from '#test/support/sip/call-stage.ts';
import { RegisteredPhone } from '#test/support/sip/registered-phone.ts';
import { violations } from './support/accessibility.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

const soon = { timeout: 30_000 };

describe('web client: own phones and calls', function () {
  this.timeout(180_000);
  let stage: CallStage;
  let browser: TestBrowser;
  let ann: ClientPage;
  let annPhone: RegisteredPhone | undefined;
  let bob: RegisteredPhone;

  before(async () => {
    stage = await CallStage.start({ servers: 1, people: ['ann', 'bob', 'cleo'] });
    bob = await stage.phone('bob');
    browser = await TestBrowser.launch();
    ann = await open({});
    await ann.signIn('ann');
  });
  after(async () => {
    await annPhone?.close();
    await browser?.[Symbol.asyncDispose]();
    await stage?.stop();
  });
  afterEach(() => assert.deepEqual(ann?.complaints.splice(0) ?? [], []));

  const open = (options: Parameters<TestBrowser['open']>[1]) =>
    browser.open(stage.stage.urls[0] ?? '', { bypassCSP: true, ...options });
  const button = (name: string | RegExp) => ann.page.getByRole('button', { name });
  const bar = () => ann.page.getByRole('region', { name: 'Calls now' });
  const shows = (words: string | RegExp) => bar().getByText(words).waitFor(soon);
  const phone = (): RegisteredPhone => {
    assert.ok(annPhone);
    return annPhone;
  };

  it('offer to add a phone where there is none', async () => {
    await button(/^Calls/)
      .first()
      .click();
    await ann.page.getByText('you need a phone that is signed in').waitFor(soon);
    await button('Add a phone').click();
    await ann.page.getByRole('heading', { name: 'My phones' }).waitFor(soon);
  });

  it('add a phone, whose settings are shown once, as text and QR code', async () => {
    const part = ann.page.getByRole('region', { name: 'My phones' });
    await part.getByRole('button', { name: 'Add a phone' }).click();
    const dialog = ann.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByText('Give it a name.').waitFor(soon);
    await dialog.getByRole('textbox', { name: 'Name of the phone' }).fill('Desk phone');
    await dialog.getByRole('button', { name: 'Add' }).click();
    const settings = ann.page.getByRole('alertdialog', { name: 'Settings for “Desk phone”' });
    await settings.getByRole('img', { name: 'QR code with these settings' }).waitFor(soon);
    const value = async (term: string) =>
      (
        await settings
          .locator('dt', { hasText: new RegExp(`^${term}$`) })
          .locator('+ dd')
          .innerText()
      ).trim();
    assert.match(await value('Server'), /^127\.0\.0\.1:\d+ \(UDP\)$/);
    assert.deepEqual(await violations(ann.page), []);
    const device = { id: await value('User name'), secret: await value('Password'), realm: await value('Domain') };
    await settings.getByRole('button', { name: 'Done' }).click();
    await part.getByText('Not signed in').waitFor(soon);
    annPhone = await RegisteredPhone.register(stage.edge(), device, 5_000);
    await part.getByText(/Signed in at/).waitFor(soon);
    assert.doesNotMatch(await part.innerText(), new RegExp(device.secret));
  });

  it('call a person found by name: the own phone rings first; show each state; hang up', async () => {
    await ann.page.goBack();
    const field = ann.page.getByRole('combobox', { name: 'Call a person or number' });
    await field.pressSequentially('bob');
    await ann.page.getByRole('option', { name: /bob/ }).click();
    const own = await phone().isCalled();
    await shows('Answer on your own phone');
    await own.accept();
    const incoming = await bob.isCalled();
    incoming.ring();
    await shows('Ringing…');
    const asked = own.answerReInvite();
    await incoming.accept();
    await asked;
    await shows('Connected');
    assert.deepEqual(await violations(ann.page), []);
    await bar().getByRole('button', { name: 'Hang up: bob' }).click();
    await Promise.all([own.isHungUp(), incoming.isHungUp()]);
    await shows('Ended');
    await bar().waitFor({ state: 'detached', ...soon });
    await stage.idle();
  });

  it('say why somebody cannot be called', async () => {
    const field = ann.page.getByRole('combobox', { name: 'Call a person or number' });
    await field.pressSequentially('12345678901234567890');
    await field.press('Enter');
    await ann.page.getByText('This is no number that can be called.').first().waitFor(soon);
  });

  it('show who calls, and decline', async () => {
    const out = await bob.call('ann');
    const incoming = await phone().isCalled();
    incoming.ring();
    await shows('Calls you – answer on your phone');
    const cancelled = incoming.isCancelled();
    await bar().getByRole('button', { name: 'Decline: bob' }).click();
    await Promise.all([cancelled, out.answered(603)]);
    await shows('Declined');
    await stage.idle();
  });

  it('hold, send digits and pass on to somebody else', async () => {
    const cleo = await stage.phone('cleo');
    const out = await bob.call('ann');
    const incoming = await phone().isCalled();
    await incoming.accept();
    await out.answered();
    await shows('Connected');
    const held = [incoming.answerReInvite(), out.answerReInvite()];
    await bar().getByRole('button', { name: 'Hold: bob' }).click();
    await eventually(async () => (await bar().innerText()).includes('On hold'), { withinMs: 15_000, what: 'it is on hold' });
    await Promise.all(held);
    await bar().getByRole('button', { name: 'Pass on: bob' }).click();
    const dialog = ann.page.getByRole('dialog');
    assert.deepEqual(await violations(ann.page), []);
    await dialog.getByRole('combobox', { name: 'Person or number' }).pressSequentially('cleo');
    await ann.page.getByRole('option', { name: /cleo/ }).click();
    const target = await cleo.isCalled();
    target.ring();
    const joined = out.answerReInvite();
    await target.accept();
    await joined;
    await incoming.isHungUp();
    await out.hangUp();
    await target.isHungUp();
    await stage.idle();
  });

  for (const [width, scheme] of [
    [320, 'dark'],
    [1_400, 'light'],
  ] as const) {
    it(`is accessible with a call at ${width} px, ${scheme}`, async () => {
      await ann.page.setViewportSize({ width, height: 800 });
      await ann.page.emulateMedia({ colorScheme: scheme });
      const out = await bob.call('ann');
      const incoming = await phone().isCalled();
      await incoming.accept();
      await out.answered();
      await shows('Connected');
      await bar().getByRole('button', { name: 'Keypad: bob' }).click();
      await ann.page.getByRole('button', { name: '#' }).waitFor(soon);
      assert.deepEqual(await violations(ann.page), []);
      await out.hangUp();
      await incoming.isHungUp();
      await stage.idle();
    });
  }
});
