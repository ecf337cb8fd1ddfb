import { renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type ConversationId, type UserId, userIdSchema } from '#shared/ids.ts';
import { eventually } from '#test/support/eventually.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { testProcedures } from '../../contract/database-procedures.ts';
import { ChatServer, type Common } from './chat-server.ts';

/** Servers with one database, one Redis and the same people: ada, bob, cleo. */
export class World implements AsyncDisposable {
  readonly ada: UserId = userIdSchema.parse('ada');
  readonly bob: UserId = userIdSchema.parse('bob');
  readonly cleo: UserId = userIdSchema.parse('cleo');
  readonly redis: RedisServer;
  readonly folder = new TempFolder('chat');
  readonly servers: ChatServer[] = [];
  readonly #common: Common;

  static async start(servers: number): Promise<World> {
    const world = new World(await RedisServer.start());
    for (let index = 1; index <= servers; index++) await world.addServer(`s${index}`);
    const database = world.first.storage.database;
    const people = [world.ada, world.bob, world.cleo];
    await Promise.all(people.map((id) => database.run(testProcedures.addUser, { id, name: id, at: 1 })));
    for (const { storage } of world.servers) await storage.replica.refresh();
    await world.busUp();
    return world;
  }

  private constructor(redis: RedisServer) {
    this.redis = redis;
    this.#common = {
      redis,
      folder: this.folder.path,
      owners: new Map(),
      blocked: new Set(),
      logged: [],
      limits: {
        groups: { members: 1_000, groupsPerPerson: 5 },
        messages: { units: 10_000, files: 10, mentions: 50, everybodyMembers: 1_000 },
        drafts: 200,
      },
      days: 0,
    };
  }

  get first(): ChatServer {
    return this.servers[0] as ChatServer;
  }

  /** Another server than the first if there is one. */
  get last(): ChatServer {
    return this.servers.at(-1) as ChatServer;
  }

  /** Every line that a server logged. */
  get logged(): readonly string[] {
    return this.#common.logged;
  }

  get limits(): Common['limits'] {
    return this.#common.limits;
  }

  /** From now on messages are kept for so long. */
  keepMessages(days: number): void {
    this.#common.days = days;
  }

  /** Ends all sessions of somebody, who is owned by nobody then. */
  signOut(userId: UserId): void {
    this.#common.owners.delete(userId);
    for (const { sessions } of this.servers) for (const session of sessions.ofUser(userId)) session.end('signedOut');
  }

  block(author: UserId, addressee: UserId): void {
    this.#common.blocked.add(`${author}>${addressee}`);
  }

  /** Takes SQL away as a stopped process does that holds the write lock. */
  lockDatabase(): { release(): void } {
    const connection = new DatabaseSync(this.folder.file('shared.db'));
    connection.exec('pragma busy_timeout = 5000; begin immediate');
    return {
      release() {
        connection.exec('rollback');
        connection.close();
      },
    };
  }

  /** Takes SQL away for reading too: its file is moved. Resolves when every server has noticed. */
  async hideDatabase(): Promise<{ release(): void }> {
    const file = this.folder.file('shared.db');
    renameSync(file, `${file}.moved`);
    await this.#untilReads('away');
    return { release: () => renameSync(`${file}.moved`, file) };
  }

  /** Every server reads and writes SQL again. */
  databaseBack(): Promise<void> {
    return this.#untilReads('up');
  }

  async #untilReads(state: 'up' | 'away'): Promise<void> {
    await eventually(
      async () => {
        for (const { storage } of this.servers) {
          const { database } = storage;
          await database.read(database.queries.db.selectFrom('users').select('id')).catch(() => undefined);
          await database.run(testProcedures.raise, { id: 'none' }).catch(() => undefined);
          const { reads, writes } = database.health;
          if (reads !== state || writes !== state) throw new Error(`reads ${reads}, writes ${writes}`);
        }
      },
      { withinMs: 10_000, what: `SQL is ${state}` },
    );
  }

  /** Makes the log of a conversation what it was when its last number was `lastSeq`, as the restore of a backup does. */
  cutLog(conversationId: ConversationId, lastSeq: number): void {
    const connection = new DatabaseSync(this.folder.file('shared.db'));
    connection.exec('pragma busy_timeout = 5000; begin immediate');
    connection.prepare('delete from entries where conversation_id = ? and seq > ?').run(conversationId, lastSeq);
    connection.prepare('update conversations set last_seq = ? where id = ?').run(lastSeq, conversationId);
    connection.exec('commit');
    connection.close();
  }

  async addServer(id: string): Promise<ChatServer> {
    const server = await ChatServer.start(id, this.#common);
    for (const other of this.servers) {
      other.mesh.meet(server.mesh.self, undefined);
      server.mesh.meet(other.mesh.self, undefined);
    }
    this.servers.push(server);
    return server;
  }

  async busUp(): Promise<void> {
    await eventually(() => this.servers.every(({ mesh }) => mesh.state === 'up'), { withinMs: 5_000, what: 'the bus is up' });
  }

  async busDown(): Promise<void> {
    await eventually(() => this.servers.every(({ mesh }) => mesh.state === 'down'), { withinMs: 5_000, what: 'the bus is down' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) await server.stop();
    await this.redis.stop();
    this.folder.remove();
  }
}
