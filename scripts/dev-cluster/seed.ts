import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { withCompany } from '#ucserver/cli/company.ts';
import { demoDepartments, demoPassword, demoPeople, emailOf, homeServerOf } from './company.ts';
import { demoMeshId, type Plan } from './plan.ts';

const mostTries = 5;

/** A sign-in of the demo company. */
export interface DemoSignIn {
  readonly name: string;
  readonly signIn: string;
  readonly password: string;
  readonly homeServer: string;
}

/**
 * Creates the demo company, once for each data folder.
 *
 * @returns its sign-ins, with the home servers they were given when it was made.
 */
export async function seedCompany(plan: Plan, meshPassword: string): Promise<readonly DemoSignIn[]> {
  const file = join(plan.folder, 'sign-ins.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as DemoSignIn[];
  await patiently(() => createPeople(plan, meshPassword));
  const signIns = demoSignIns(plan.servers.length);
  writeFileSync(file, JSON.stringify(signIns), { mode: 0o600 });
  return signIns;
}

/** On a busy machine a step may take longer than the second after which SQL counts as away. */
async function patiently(act: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const isAway = error instanceof UCError && (error.code === 'STORAGE_UNAVAILABLE' || error.code === 'OUTCOME_UNKNOWN');
      if (!isAway || tries === mostTries) throw error;
    }
  }
}

/** Goes on where an earlier try has stopped. */
async function createPeople({ database, servers }: Plan, meshPassword: string): Promise<void> {
  const config = {
    database: { engine: 'sqlite' as const, file: database, readers: 1 },
    mesh: { id: demoMeshId, password: meshPassword, host: '127.0.0.1', port: 0 },
  };
  const author = { actor: 'system' as const, from: 'demo' };
  await withCompany(config, createLogger({ level: 'warn', format: 'text' }), async ({ directory, passwords }) => {
    if (directory.size === 0) {
      // One verifier for all: their password is the same and printed on the screen anyway.
      const passwordHash = await passwords.hash(demoPassword);
      const people = demoPeople.map((person, index) => ({
        passwordHash,
        user: {
          ...{ signIn: person.signIn, displayName: person.name, email: emailOf(person), title: person.title },
          ...{ department: person.department, office: person.office, workPhone: person.workPhone, mobilePhone: person.mobile },
          ...{ company: 'Northwind Harbour', administrator: person.administrator },
          homeServer: serverIdSchema.parse(homeServerOf(index, servers.length)),
        },
      }));
      await directory.createUsers(people, author);
    }
    const users = [...directory.all()];
    const existing = new Set(directory.groups.all().map(({ name }) => name));
    for (const department of demoDepartments) {
      if (existing.has(department)) continue;
      const members = users.filter((user) => user.department === department).map(({ id }) => id);
      await directory.createGroup(department, members, author);
    }
  });
}

function demoSignIns(serverCount: number): DemoSignIn[] {
  return demoPeople.map((person, index) => ({
    ...{ name: person.name, signIn: person.signIn, password: demoPassword },
    homeServer: homeServerOf(index, serverCount),
  }));
}
