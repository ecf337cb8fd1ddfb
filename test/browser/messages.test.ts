import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Person, say } from '#test/support/person.ts';
import { scriptPayloads } from '#test/support/script-payloads.ts';
import { violations } from './support/accessibility.ts';
import { TestBrowser } from './support/browser.ts';
import type { ClientPage } from './support/client-page.ts';

describe('web client: what one does with messages, on two servers', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let browser: TestBrowser;
  let ann: ClientPage;
  let bob: ClientPage;
  let eve: Person;

  before(async () => {
    cluster = await Cluster.start({ people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, eve: {} } });
    browser = await TestBrowser.launch();
    const [one = '', two = ''] = cluster.urls;
    // axe-core is brought into the page, which its policy would refuse.
    const options = { bypassCSP: true, reducedMotion: 'reduce' } as const;
    ann = await (await browser.open(one, options)).signIn('ann');
    bob = await (await browser.open(two, options)).signIn('bob');
    eve = await cluster.signIn('eve', 1);
    await ann.openChat('bob');
    await bob.openChat('ann');
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  afterEach(() => {
    assert.deepEqual([...ann.complaints.splice(0), ...bob.complaints.splice(0)], []);
  });

  it('shows formatting, and nothing that a person types becomes an element, a handler or a script', async () => {
    await ann.say('Some **bold**, _italic_, `code`\n- one\n- two\n> said\nhttps://example.org/plan');
    const shown = bob.message('Some bold').last();
    await shown.waitFor();
    for (const element of ['strong', 'em', 'code', 'ul > li', 'blockquote', 'a'])
      assert.ok((await shown.locator(element).count()) > 0, element);
    let dialogs = 0;
    bob.page.on('dialog', (dialog) => {
      dialogs += 1;
      void dialog.dismiss();
    });
    const there = eve.client;
    const { conversationId } = await eve.chatWith(cluster.account('bob')).then(({ id }) => ({ conversationId: id }));
    for (const [index, text] of scriptPayloads.entries())
      await there.call('chat.send', {
        conversationId,
        entryId: `payload-${index}` as never,
        body: { text: `${text} #${index}#` },
      });
    await bob.openChat('eve');
    await bob.message('#0#').waitFor();
    const seen = new Set<number>();
    await eventually(
      async () => {
        for (const text of await bob.texts()) {
          const number = /#(\d+)#/.exec(text)?.[1];
          if (number !== undefined) seen.add(Number(number));
        }
        assert.deepEqual(await foreignElements(bob), []);
        await bob.messages.evaluate((box) => box.scrollBy(0, 200));
        assert.equal(seen.size, scriptPayloads.length);
      },
      { withinMs: 30_000 },
    );
    assert.equal(dialogs, 0);
    await bob.openChat('ann');
  });

  it('answers, reacts, edits and deletes, and everybody sees it', async () => {
    await ann.say('The plan');
    await bob.message('The plan').waitFor();
    await bob.act('The plan', 'Reply');
    await bob.page.getByText('Reply to ann').waitFor();
    await bob.say('I like it');
    await ann
      .message('I like it')
      .getByRole('button', { name: /The plan/ })
      .waitFor();
    await bob.act('The plan', 'React');
    await bob.page.getByRole('button', { name: 'Party', exact: true }).first().click();
    const party = ann
      .message('The plan')
      .first()
      .getByRole('button', { name: /Party from bob/ });
    await party.click();
    await bob.messages.getByRole('button', { name: /Party from You and ann|Party from bob and You|Party from You/ }).waitFor();
    await eventually(async () => assert.match((await party.textContent()) ?? '', /2/));

    // What the pointer rests on has a tooltip.
    await ann.composer.hover();
    await ann.composer.press('ArrowUp');
    assert.equal(await ann.composer.inputValue(), 'The plan');
    await ann.say('The better plan');
    await bob.message('The better plan').first().getByText('edited').waitFor();
    await bob
      .message('I like it')
      .getByRole('button', { name: /The better plan/ })
      .waitFor();
    await bob.message('The better plan').first().locator('[data-message]').click({ button: 'right' });
    await bob.page.getByRole('menuitem', { name: 'Details' }).click();
    const details = bob.page.getByRole('dialog');
    await eventually(async () => assert.match((await details.textContent()) ?? '', /Read by.*You|Read by.*bob/));
    await eventually(async () =>
      assert.match((await details.textContent()) ?? '', /Earlier texts.*The plan.*Present text.*The better plan/s),
    );
    assert.deepEqual(await violations(bob.page), []);
    await details.getByRole('button', { name: 'Close' }).click();

    await ann.message('The better plan').first().locator('[data-message]').click({ button: 'right' });
    await ann.page.getByRole('menuitem', { name: 'Delete' }).click();
    await ann.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
    await bob.messages.getByText('This message was taken back.').first().waitFor();
    await eventually(async () => assert.doesNotMatch((await bob.messages.textContent()) ?? '', /The better plan/));
    await bob.message('I like it').locator('[data-message]').click({ button: 'right' });
    assert.equal(await ann.page.getByRole('menuitem', { name: 'Edit' }).count(), 0);
    await bob.page.keyboard.press('Escape');
  });

  it('forwards to a person, with the name of the author', async () => {
    await ann.say('To be passed on');
    await bob.message('To be passed on').waitFor();
    await bob.act('To be passed on', 'Forward');
    const dialog = bob.page.getByRole('dialog');
    await dialog.getByPlaceholder('Person or conversation').fill('eve');
    assert.deepEqual(await violations(bob.page), []);
    await dialog.getByRole('button', { name: 'eve' }).click();
    await eventually(() => assert.equal(eve.heard.at(-1), 'To be passed on'));
    const copied = eve.chats.with(cluster.account('bob').userId)?.messages.at(-1);
    assert.equal(copied?.forwarded?.author, cluster.account('ann').userId);
  });

  it('writes with marks, keys and a list of emojis', async () => {
    await ann.composer.fill('make this bold');
    await ann.composer.selectText();
    await ann.composer.press('Control+b');
    assert.equal(await ann.composer.inputValue(), '**make this bold**');
    await ann.composer.press('Control+z');
    assert.equal(await ann.composer.inputValue(), 'make this bold');
    await ann.page.getByRole('button', { name: 'Show formatting' }).click();
    await ann.composer.selectText();
    await ann.page.getByRole('button', { name: /^Italic/ }).click();
    assert.equal(await ann.composer.inputValue(), '_make this bold_');
    assert.deepEqual(await violations(ann.page), []);
    await ann.page.getByRole('button', { name: 'Insert an emoji' }).click();
    assert.deepEqual(await violations(ann.page), []);
    await ann.page.getByRole('button', { name: 'Thumbs up' }).last().click();
    await ann.composer.fill('x'.repeat(9_900));
    await ann.page.getByText('100 characters left').waitFor();
    await ann.composer.fill('x'.repeat(10_001));
    await ann.page.getByText('1 character too long').waitFor();
    assert.ok(await ann.page.getByRole('button', { name: 'Send', exact: true }).isDisabled());
    await ann.composer.fill('');
    await ann.page.getByRole('button', { name: 'Hide formatting' }).click();
  });

  it('mentions members of a group by the keyboard alone', async () => {
    const people = ['ann', 'bob'].map((name) => cluster.account(name).userId);
    const group = await eve.chats.createGroup('Builders', people);
    await say(group, 'Welcome');
    await ann.showChats();
    await ann.conversation('Builders').click();
    await ann.messages.getByText('Welcome').waitFor();
    await ann.composer.pressSequentially('Dear @bo');
    await ann.page.getByRole('listbox', { name: 'People to mention' }).getByRole('option', { name: 'bob' }).waitFor();
    assert.deepEqual(await violations(ann.page), []);
    await ann.composer.press('Enter');
    await ann.composer.pressSequentially('please look');
    assert.equal(await ann.composer.inputValue(), 'Dear @bob please look');
    await ann.composer.press('Enter');
    await eventually(() => assert.equal(group.messages.at(-1)?.text, 'Dear @bob please look'));
    assert.deepEqual(group.messages.at(-1)?.mentions, [cluster.account('bob').userId]);
    await ann.composer.pressSequentially('@every');
    await ann.page.getByRole('listbox', { name: 'People to mention' }).waitFor();
    await ann.composer.press('Enter');
    await ann.composer.press('Enter');
    await eventually(() => assert.equal(group.messages.at(-1)?.mentions, 'everybody'));
  });

  it('reaches every message by the keyboard, and its menu', async () => {
    await ann.openChat('bob');
    await ann.say('by keys');
    await ann.message('by keys').waitFor();
    await ann.messages.focus();
    await ann.page.keyboard.press('ArrowUp');
    await eventually(async () => {
      const focused = await ann.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
      assert.match(focused, /Message from You/);
    });
    await ann.page.keyboard.press('Enter');
    await ann.page.getByRole('menuitem', { name: 'Reply' }).waitFor();
    assert.deepEqual(await violations(ann.page), []);
    await ann.page.keyboard.press('Enter');
    await ann.page.getByText('Reply to You').waitFor();
    await ann.composer.press('Escape');
    await ann.page.getByText('Reply to You').waitFor({ state: 'detached' });
  });

  it('keeps its place in a long history, and jumps to what is old, unread and newest', async () => {
    const withAnn = await eve.chatWith(cluster.account('ann'));
    // A device of hers that only writes: the one that sends hears nothing of it as an event.
    const pen = await cluster.signIn('eve', 0, 'Pen');
    await Promise.all(
      Array.from({ length: 240 }, (_, index) =>
        pen.client.call('chat.send', {
          conversationId: withAnn.id,
          entryId: `long-${index}` as never,
          body: { text: `number ${index}` },
        }),
      ),
    );
    await eventually(() => assert.equal(withAnn.log.entries.at(-1)?.seq, 240), { withinMs: 10_000 });
    // After a reload the client holds the newest ones only.
    await ann.page.reload();
    await ann.showChats();
    const row = ann.page.getByRole('listbox', { name: 'Chats' }).getByRole('option', { name: /eve/ });
    await row.filter({ hasText: 'number 239' }).click();
    await ann.page.getByRole('button', { name: /240 unread, show the first/ }).click();
    await ann
      .message(/^.*number/)
      .first()
      .waitFor();
    await ann.messages.getByText('New messages').waitFor();
    await ann.page.getByRole('button', { name: /new messages, show the newest|To the newest message/ }).click();
    const last = withAnn.messages.at(-1)?.text ?? '';
    await ann.messages.getByText(last, { exact: true }).waitFor();
    await eventually(() => assert.equal(withAnn.delivery(240), 'read'), { withinMs: 5_000 });

    // Scrolled up by one page after the other, what is in sight stays where it is while older ones come.
    for (let times = 0; times < 3; times++) {
      const before = await topMost(ann);
      await ann.messages.evaluate((box) => box.scrollBy(0, -500));
      await eventually(async () => assert.notEqual(await topMost(ann), before));
    }
    const rows = await ann.messages.locator('[data-index]').count();
    assert.ok(rows < 80, `${rows} rows are in the page`);
    const [first] = withAnn.messages;
    assert.ok(first);
    await pen.client.call('chat.send', {
      conversationId: withAnn.id,
      entryId: 'answer-to-the-first' as never,
      body: { text: 'about the first one', replyTo: 'long-3' as never },
    });
    await ann.page.getByRole('button', { name: /show the newest|To the newest/ }).click();
    await ann
      .message('about the first one')
      .getByRole('button', { name: /number 3/ })
      .click();
    await ann.messages.getByText('number 3', { exact: true }).waitFor();
    await ann.say('back at the end');
    await ann.message('back at the end').waitFor();
  });

  it('goes on with a draft on another device', async () => {
    const phone = await (await browser.open(cluster.urls[1] ?? '')).signIn('ann');
    await ann.openChat('bob');
    await ann.composer.fill('begun here');
    await phone.openChat('bob');
    await eventually(async () => assert.equal(await phone.composer.inputValue(), 'begun here'), { withinMs: 5_000 });
    await phone.composer.press('Enter');
    await eventually(async () => assert.equal(await ann.composer.inputValue(), ''), { withinMs: 5_000 });
    await phone.close();
  });
});

/** Elements in the list of messages that only something typed could have made, and links that lead where none may. */
function foreignElements(page: ClientPage): Promise<string[]> {
  return page.messages.evaluate((box) => {
    const ours = 'div,span,p,strong,em,code,pre,ul,ol,li,blockquote,a,button,time,article,svg,path,img';
    const found: string[] = [];
    for (const element of box.querySelectorAll('*')) {
      const { attributes } = element;
      if (!element.matches(ours)) found.push(element.outerHTML.slice(0, 200));
      for (const { name } of attributes) if (name.startsWith('on')) found.push(`${name} in ${element.tagName}`);
    }
    for (const element of box.querySelectorAll('[data-message] svg, [data-message] img, [data-message] button'))
      found.push(element.outerHTML.slice(0, 200));
    for (const link of box.querySelectorAll('a')) {
      const isSafe = ['http:', 'https:', 'mailto:', 'tel:'].includes(link.protocol) && link.username === '';
      if (!isSafe || !link.relList.contains('noopener')) found.push(link.outerHTML);
    }
    return found;
  });
}

/** The text of the first message in sight. */
function topMost(page: ClientPage): Promise<string> {
  return page.messages.evaluate((box) => {
    const { top } = box.getBoundingClientRect();
    const rows = [...box.querySelectorAll('[data-message]')];
    return rows.find((row) => row.getBoundingClientRect().top >= top)?.textContent ?? '';
  });
}
