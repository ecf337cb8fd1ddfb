import type { Locator, Page } from 'playwright-core';
import { everybodysPassword } from '#test/support/company.ts';

/** The client in a page, with the words a person would use for what they do. */
export class ClientPage {
  readonly page: Page;
  /** What the page complained of: exceptions, and refusals of the content security policy. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      // A server that is away is no fault of the page; the browser reports each refused connection.
      if (message.type() === 'error' && !/ERR_|WebSocket connection|status of/.test(message.text()))
        this.complaints.push(message.text());
    });
  }

  async signIn(name: string, password = everybodysPassword): Promise<this> {
    await this.page.getByLabel('Sign-in name').fill(name);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.search.waitFor();
    return this;
  }

  get search(): Locator {
    return this.page.getByPlaceholder('Search people');
  }

  get composer(): Locator {
    return this.page.locator('#composer');
  }

  get messages(): Locator {
    return this.page.getByRole('log');
  }

  /** The row of a person in the contact list. */
  contact(name: string): Locator {
    return this.page.getByRole('treeitem', { name: new RegExp(name) }).first();
  }

  /** The row of a conversation in the list of chats. */
  conversation(name: string): Locator {
    return this.page.getByRole('option', { name: new RegExp(name) });
  }

  async showChats(): Promise<void> {
    await this.page.getByRole('tab', { name: /Chats/ }).click();
  }

  async openChat(name: string): Promise<void> {
    await this.page.getByRole('tab', { name: /Contacts/ }).click();
    await this.contact(name).click();
    await this.composer.waitFor();
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** A message of the open chat, by something that stands in it. */
  message(text: string | RegExp): Locator {
    return this.messages.getByRole('article').filter({ has: this.page.locator('[data-message]', { hasText: text }) });
  }

  /** Does something with a message by its menu. */
  async act(text: string | RegExp, what: string): Promise<void> {
    await this.message(text).last().locator('[data-message]').click({ button: 'right' });
    await this.page.getByRole('menuitem', { name: what }).click();
  }

  /** Opens the menu of the own presence, sets a state and closes it. */
  async setPresence(state: string, more: { readonly note?: string; readonly ends?: string } = {}): Promise<void> {
    await this.page.getByRole('button', { name: /My presence/ }).click();
    await this.page.getByRole('radio', { name: state }).click();
    if (more.ends !== undefined) await this.page.getByLabel('Ends', { exact: true }).selectOption({ label: more.ends });
    if (more.note !== undefined) await this.page.getByLabel('Note', { exact: true }).fill(more.note);
    await this.page.getByRole('button', { name: 'Save' }).click();
    await this.page.getByRole('radio', { name: state }).waitFor({ state: 'hidden' });
  }

  /** Goes to one of the page's own paths without loading it anew. */
  async go(path: string): Promise<void> {
    await this.page.evaluate((to) => {
      history.pushState({ depth: 1 }, '', to);
      dispatchEvent(new PopStateEvent('popstate'));
    }, path);
  }

  /** The texts of the open chat, in order. */
  async texts(): Promise<string[]> {
    return this.messages.locator('[data-message]').allInnerTexts();
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
