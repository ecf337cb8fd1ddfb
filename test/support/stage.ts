import type { MeshPlan } from './cluster-plan.ts';
import { type Account, type AccountPlan, createCompany } from './company.ts';
import { Person } from './person.ts';
import { TempFolder } from './temp-folder.ts';

/** What a test needs beside servers: a company in a database of its own, and people who are signed out when the test ends. */
export abstract class Stage implements AsyncDisposable {
  readonly mesh: MeshPlan;
  readonly folder: TempFolder;
  readonly #people: Map<string, Account>;
  readonly #signedIn: Person[] = [];

  constructor(mesh: MeshPlan, folder: TempFolder, people: Map<string, Account>) {
    this.mesh = mesh;
    this.folder = folder;
    this.#people = people;
  }

  /** Origins of the servers, in their order. */
  abstract get urls(): readonly string[];
  protected abstract end(): Promise<void>;

  static async prepare(
    name: string,
    people: Readonly<Record<string, AccountPlan>>,
    meshId = 'test',
  ): Promise<[MeshPlan, TempFolder, Map<string, Account>]> {
    const folder = new TempFolder(name);
    const mesh = {
      meshId,
      meshPassword: `the password of ${meshId}`,
      folder: folder.path,
      databaseFile: folder.file('company.db'),
    };
    return [mesh, folder, await createCompany(mesh, people)];
  }

  account(name: string): Account {
    const account = this.#people.get(name);
    if (!account) throw new Error(`There is no ${name}`);
    return account;
  }

  get accounts(): readonly Account[] {
    return [...this.#people.values()];
  }

  /** Adds people, as an administrator would while the servers run. */
  async hire(people: Readonly<Record<string, AccountPlan>>): Promise<void> {
    for (const [name, account] of await createCompany(this.mesh, people)) this.#people.set(name, account);
  }

  /** A client of this person, not signed in yet. @param at number of the server that is tried first. */
  person(name: string, at = 0, device?: string): Person {
    const { urls } = this;
    const servers = [...urls.slice(at), ...urls.slice(0, at)];
    const person = new Person(this.account(name), { servers, ...(device === undefined ? {} : { device }) });
    this.#signedIn.push(person);
    return person;
  }

  signIn(name: string, at = 0, device?: string): Promise<Person> {
    return this.person(name, at, device).signIn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#signedIn.map((person) => person[Symbol.asyncDispose]()));
    await this.end();
    this.folder.remove();
  }
}
