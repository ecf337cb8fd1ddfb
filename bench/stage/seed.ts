import { deviceIdSchema, serverIdSchema, type UserId } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { authConfigSchema } from '#ucserver/auth/config.ts';
import { Passwords } from '#ucserver/auth/index.ts';
import { KeyRing } from '#ucserver/auth/key-ring.ts';
import { KeyRepository } from '#ucserver/auth/repository.ts';
import { TokenIssuer } from '#ucserver/auth/tokens.ts';
import { replicaParts, SecretBox, type Storage, startStorage } from '#ucserver/database/index.ts';
import { Directory } from '#ucserver/directory/index.ts';
import { procedures } from '#ucserver/procedures.ts';

export interface SeedOptions {
  readonly databaseFile: string;
  readonly dataFolder: string;
  readonly mesh: { readonly id: string; readonly password: string };
  readonly users: number;
  readonly homeOf: (user: number) => string;
}

export interface Seeded {
  readonly userIds: readonly UserId[];
  readonly tokens: readonly string[];
}

/** Everybody's password; signing in with it costs what it costs everywhere. */
export const seedPassword = 'a password of the bench';

const usersAtOnce = 500;

/** Creates the people of a bench unless they are there, with their home servers and tokens that hold for an hour. */
export async function seed({ databaseFile, dataFolder, mesh, users, homeOf }: SeedOptions): Promise<Seeded> {
  const storage = await startStorage({
    config: { engine: 'sqlite', file: databaseFile, readers: 1 },
    procedures,
    parts: Object.values(replicaParts),
    dataFolder,
    mesh,
    clock: systemClock,
    logger: silentLogger,
    announce: () => undefined,
  });
  try {
    const userIds = await createPeople(storage, users, homeOf);
    return { userIds, tokens: await makeTokens(storage, mesh, userIds) };
  } finally {
    await storage.stop();
  }
}

async function createPeople({ database, replica }: Storage, users: number, homeOf: (user: number) => string): Promise<UserId[]> {
  const directory = new Directory({ database, replica, clock: systemClock });
  const passwordHash = await new Passwords({ hashesAtOnce: 1, hashesWaiting: 1, clock: systemClock }).hash(seedPassword);
  const requests = Array.from({ length: users }, (_, user) => ({
    passwordHash,
    user: {
      signIn: `user${user}`,
      displayName: `User ${user}`,
      email: `user${user}@bench.example`,
      homeServer: serverIdSchema.parse(homeOf(user)),
    },
  }));
  const userIds: UserId[] = requests.flatMap(({ user }) => directory.bySignIn(user.signIn)?.id ?? []);
  if (userIds.length === users) return userIds;
  for (let from = 0; from < users; from += usersAtOnce) {
    const created = await directory.createUsers(requests.slice(from, from + usersAtOnce), { actor: 'system', from: 'bench' });
    userIds.push(...created.map(({ id }) => id));
  }
  return userIds;
}

async function makeTokens(
  { database, replica }: Storage,
  mesh: SeedOptions['mesh'],
  userIds: readonly UserId[],
): Promise<string[]> {
  const { keyMs, refreshMs } = authConfigSchema.parse({});
  const keys = new KeyRing({
    store: new KeyRepository({ database, replica, clock: systemClock }),
    sealing: new SecretBox(mesh.id, mesh.password, 'signing-key'),
    clock: systemClock,
    logger: silentLogger,
    keyMs,
    tokenMs: refreshMs,
  });
  await keys.start();
  const issuer = new TokenIssuer({ keys, meshId: mesh.id, accessMs: 3_600_000, refreshMs, clock: systemClock });
  const issued = await Promise.all(
    userIds.map((userId, user) => issuer.access({ userId, deviceId: deviceIdSchema.parse(`device${user}`), generation: 1 })),
  );
  keys.stop();
  return issued.map(({ token }) => token);
}
