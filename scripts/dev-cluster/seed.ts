import { serverIdSchema } from '#shared/ids.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { withCompany } from '#ucserver/cli/company.ts';
import { demoDepartments, demoPassword, demoPeople, emailOf, homeServerOf } from './company.ts';
import { demoMeshId, type Plan } from './plan.ts';

/** A sign-in of the demo company. */
export interface DemoSignIn {
  readonly name: string;
  readonly signIn: string;
  readonly password: string;
  readonly homeServer: string;
}

/** Creates the demo company in an empty database; one that holds people is left as it is. */
export async function seedCompany({ database, servers }: Plan, meshPassword: string): Promise<void> {
  const config = {
    database: { engine: 'sqlite' as const, file: database, readers: 1 },
    mesh: { id: demoMeshId, password: meshPassword, host: '127.0.0.1', port: 0 },
  };
  const author = { actor: 'system' as const, from: 'demo' };
  await withCompany(config, createLogger({ level: 'warn', format: 'text' }), async ({ directory, passwords }) => {
    if (directory.size > 0) return;
    // One verifier for all: their password is the same and printed on the screen anyway.
    const passwordHash = await passwords.hash(demoPassword);
    const users = await directory.createUsers(
      demoPeople.map((person, index) => ({
        passwordHash,
        user: {
          ...{ signIn: person.signIn, displayName: person.name, email: emailOf(person), title: person.title },
          ...{ department: person.department, office: person.office, workPhone: person.workPhone, mobilePhone: person.mobile },
          ...{ company: 'Northwind Harbour', administrator: person.administrator },
          homeServer: serverIdSchema.parse(homeServerOf(index, servers.length)),
        },
      })),
      author,
    );
    for (const department of demoDepartments) {
      const members = users.filter((user) => user.department === department).map(({ id }) => id);
      await directory.createGroup(department, members, author);
    }
  });
}

/** The sign-ins of the demo company, whose home servers are as they were given when it was made. */
export function demoSignIns(serverCount: number): DemoSignIn[] {
  return demoPeople.map((person, index) => ({
    ...{ name: person.name, signIn: person.signIn, password: demoPassword },
    homeServer: homeServerOf(index, serverCount),
  }));
}
