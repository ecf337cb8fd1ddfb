import { deviceIdSchema, randomId, serverIdSchema, type UserId } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { KeyRing } from '#ucserver/auth/key-ring.ts';
import { KeyRepository, ReplicaUsers } from '#ucserver/auth/repository.ts';
import { TokenIssuer } from '#ucserver/auth/tokens.ts';
import { type Company, withCompany } from '#ucserver/cli/company.ts';
import { replicaParts, SecretBox, startStorage } from '#ucserver/database/index.ts';
import { procedures } from '#ucserver/procedures.ts';
import type { MeshPlan } from './cluster-plan.ts';
import { TempFolder } from './temp-folder.ts';

/** Somebody who can sign in. */
export interface Account {
  readonly name: string;
  readonly userId: UserId;
  readonly password: string;
}

export interface AccountPlan {
  /** Id of the home server. */
  readonly home?: string;
  readonly administrator?: boolean;
}

/** Everybody's password in tests. */
export const everybodysPassword = 'correct horse battery';

const author = { actor: 'system' as const, from: 'test' };

/** Makes the tables and these people, whose sign-in names are their names; one verifier serves all. */
export async function createCompany(
  mesh: MeshPlan,
  people: Readonly<Record<string, AccountPlan>>,
): Promise<Map<string, Account>> {
  const names = Object.keys(people);
  if (names.length === 0) return new Map();
  return withCompany(storageConfig(mesh), silentLogger, async ({ directory, passwords }) => {
    const passwordHash = await passwords.hash(everybodysPassword);
    const users = await directory.createUsers(
      names.map((name) => ({ passwordHash, user: newUser(name, people[name] ?? {}) })),
      author,
    );
    return new Map(users.map(({ id, signIn }) => [signIn, { name: signIn, userId: id, password: everybodysPassword }]));
  });
}

/** Works with the company as the command line does while its servers run. */
export function asOperator<T>(mesh: MeshPlan, act: (company: Company) => Promise<T>): Promise<T> {
  return withCompany(storageConfig(mesh), silentLogger, act);
}

/** Makes a group of these people and answers its id. */
export async function createGroup(mesh: MeshPlan, name: string, members: readonly UserId[]): Promise<string> {
  return withCompany(
    storageConfig(mesh),
    silentLogger,
    async ({ directory }) => (await directory.createGroup(name, members, author)).id,
  );
}

function newUser(name: string, { home, administrator = false }: AccountPlan) {
  return {
    ...{ signIn: name, displayName: name, email: `${name}@example.com`, administrator, department: 'Trials' },
    ...{
      title: 'Tester',
      company: 'Example',
      office: '4.12',
      address: 'Main Street 1',
      workPhone: '+49 30 1',
      mobilePhone: '+49 170 1',
    },
    ...{ privatePhone: '+49 30 2', homeServer: home === undefined ? null : serverIdSchema.parse(home) },
  };
}

function storageConfig({ meshId, meshPassword, databaseFile }: MeshPlan) {
  return {
    database: { engine: 'sqlite' as const, file: databaseFile, readers: 1 },
    mesh: { id: meshId, password: meshPassword, host: '127.0.0.1', port: 0 },
  };
}

export interface MintedToken {
  readonly account: Account;
  readonly deviceId: string;
  readonly token: string;
}

/**
 * Access tokens as the servers make them, without the work of checking a thousand passwords. A server must have been started
 * once, because servers make the keys.
 */
export async function mintAccessTokens(mesh: MeshPlan, accounts: readonly Account[]): Promise<MintedToken[]> {
  using folder = new TempFolder('tokens');
  const { database: config, mesh: meshConfig } = storageConfig(mesh);
  const base = { clock: systemClock, logger: silentLogger };
  const parts = Object.values(replicaParts);
  const storage = await startStorage({
    ...{ config, procedures, parts, dataFolder: folder.path, mesh: meshConfig, ...base, announce: () => undefined },
  });
  const sources = { ...storage, clock: systemClock };
  const users = new ReplicaUsers(sources);
  const store = new KeyRepository(sources);
  const sealing = new SecretBox(mesh.meshId, mesh.meshPassword, 'signing-key');
  const keys = new KeyRing({ store, sealing, ...base, keyMs: 30 * 86_400_000, tokenMs: 86_400_000 });
  try {
    await keys.start();
    const issuer = new TokenIssuer({ keys, meshId: mesh.meshId, accessMs: 600_000, refreshMs: 86_400_000, clock: systemClock });
    return await Promise.all(
      accounts.map(async (account) => {
        const deviceId = deviceIdSchema.parse(randomId());
        const generation = users.get(account.userId)?.tokenGeneration ?? 0;
        const { token } = await issuer.access({ userId: account.userId, deviceId, generation });
        return { account, deviceId, token };
      }),
    );
  } finally {
    keys.stop();
    await storage.stop();
  }
}
