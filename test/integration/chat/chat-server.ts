import { inspect } from 'node:util';
import { Registry } from 'prom-client';
import { deviceIdSchema, type ServerId, serverIdSchema, sessionIdSchema, type UserId } from '#shared/ids.ts';
import { DirectClient } from '#shared/mesh/direct-client.ts';
import { ServerMesh } from '#shared/mesh/mesh.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { RedisBus } from '#shared/mesh/redis-bus.ts';
import type { WireError } from '#shared/protocol/errors.ts';
import type { EventFields, EventName, MethodName, ParamsIn, Result } from '#shared/protocol/index.ts';
import { randomId } from '#shared/random-id.ts';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { RedisConnection } from '#shared/redis/connection.ts';
import { createKeys } from '#shared/redis/keys.ts';
import { RecordSigner } from '#shared/redis/records.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { Health } from '#shared/runtime/health.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { RedisServer } from '#test/support/redis-server.ts';
import {
  type Chat,
  chatConfigSchema,
  chatProcedures,
  createChat,
  draftProcedures,
  PositionSpool,
  positionFolder,
  retentionProcedures,
  searchProcedures,
} from '#ucserver/chat/index.ts';
import { replicaParts, type Storage, startStorage } from '#ucserver/database/index.ts';
import { ClientSession, Dispatcher, SessionTable } from '#ucserver/gateway/index.ts';
import {
  createOutbox,
  databaseWatch,
  folderDisk,
  outboxConfigSchema,
  RedisPendingStore,
  type RunningOutbox,
  redisWatch,
  spoolFolder,
} from '#ucserver/outbox/index.ts';
import { testProcedures } from '../../contract/database-procedures.ts';

/** What is allowed; tests change it. */
export interface Limits {
  readonly groups: { members: number; groupsPerPerson: number };
  readonly messages: { units: number; files: number; mentions: number; everybodyMembers: number };
  drafts: number;
}

/** What the servers of one world have in common. */
export interface Common {
  readonly redis: Pick<RedisServer, 'host' | 'port'>;
  readonly folder: string;
  /** Who is signed in where; stands for the owner map. */
  readonly owners: Map<UserId, ServerId>;
  /** Every line that a server logged. */
  readonly logged: string[];
  readonly limits: Limits;
  /** Days for which messages are kept; 0: for ever. */
  days: number;
  /** Pairs `author>addressee` without the right to chat. */
  readonly blocked: Set<string>;
}

function loggerInto(lines: string[]): Logger {
  const write = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)} ${inspect(fields)}`);
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  return logger;
}

interface Parts {
  readonly redis: RedisConnection;
  readonly outbox: RunningOutbox;
  readonly health: Health;
  readonly positionSpool: PositionSpool;
}

/** The parts of a UCServer that chat needs, over real Redis and a real database, without sockets. */
export class ChatServer {
  readonly id: ServerId;
  readonly mesh: ServerMesh;
  readonly storage: Storage;
  readonly sessions = new SessionTable({ clock: systemClock, lostForMs: 1_000 });
  readonly #dispatcher: Dispatcher;
  readonly #chat: Chat;
  readonly #outbox: RunningOutbox;
  readonly #redis: RedisConnection;
  readonly health: Health;
  readonly #common: Common;
  /** Set: this server takes another one for silent. */
  suspects = false;

  static async start(id: string, common: Common): Promise<ChatServer> {
    const logger = loggerInto(common.logged);
    const storage = await startStorage({
      config: { engine: 'sqlite', file: `${common.folder}/shared.db`, readers: 1 },
      procedures: [chatProcedures, searchProcedures, draftProcedures, retentionProcedures, testProcedures],
      parts: Object.values(replicaParts),
      dataFolder: `${common.folder}/${id}`,
      mesh: { id: 'test', password: 'a password of the mesh' },
      clock: systemClock,
      logger,
      announce: () => undefined,
    });
    const { host, port } = common.redis;
    const redis = new RedisConnection({ config: redisConfigSchema.parse({ host, port }), name: id, clock: systemClock, logger });
    await redis.open();
    const serverId = serverIdSchema.parse(id);
    const health = new Health(systemClock);
    const self = () => ({ serverId, life: 1 });
    const signer = new RecordSigner(new MeshKeys('test', 'a password of the mesh'));
    const outbox = await createOutbox({
      disk: folderDisk(spoolFolder(`${common.folder}/${id}`)),
      store: new RedisPendingStore({ redis, signer, keys: createKeys('test'), logger }),
      redis: redisWatch(redis),
      storage: databaseWatch(storage.database),
      self,
      members: { all: () => [{ incarnation: self() } as never] },
      config: outboxConfigSchema.parse({}),
      clock: systemClock,
      logger,
      health,
      registry: new Registry(),
    });
    const positionSpool = await PositionSpool.open({ disk: folderDisk(positionFolder(`${common.folder}/${id}`)), logger });
    return new ChatServer(serverId, common, storage, { redis, outbox, health, positionSpool }, logger);
  }

  private constructor(
    id: ServerId,
    common: Common,
    storage: Storage,
    { redis, outbox, health, positionSpool }: Parts,
    logger: Logger,
  ) {
    this.#redis = redis;
    this.#outbox = outbox;
    this.health = health;
    this.id = id;
    this.#common = common;
    this.storage = storage;
    this.#dispatcher = new Dispatcher({ clock: systemClock, logger, registry: new Registry() });
    const keys = new MeshKeys('test', 'a password of the mesh');
    const { host, port } = common.redis;
    this.mesh = new ServerMesh({
      bus: new RedisBus({ config: redisConfigSchema.parse({ host, port }), name: id, logger }),
      keys,
      redisKeys: createKeys('test'),
      direct: new DirectClient({ keys }),
      clock: systemClock,
      logger,
    });
    this.#chat = createChat({
      database: storage.database,
      replica: storage.replica,
      filesFor: async (fileIds) => fileIds.map((fileId) => ({ fileId, name: 'a file', size: 1, type: 'text/plain' })),
      mayChat: (addressee, author) => !common.blocked.has(`${author}>${addressee}`),
      outbox,
      positionSpool,
      limits: () => common.limits,
      days: () => ({ messages: common.days, drafts: 0 }),
      mesh: this.mesh,
      members: { all: () => (this.suspects ? [{ suspected: true, incarnation: { serverId: id, life: 1 } } as never] : []) },
      ownership: {
        owns: (userId) => common.owners.get(userId) === id,
        ownerOf: (userId) => this.#ownerOf(userId),
      },
      sessions: this.sessions,
      dispatcher: this.#dispatcher,
      config: chatConfigSchema.parse({ positionsEveryMs: 20, retentionEveryMs: 100 }),
      clock: systemClock,
      logger,
      registry: new Registry(),
    });
    outbox.start();
    this.#chat.start();
    this.mesh.start({ serverId: id, life: 1 });
  }

  signIn(userId: UserId): ChatClient {
    this.#common.owners.set(userId, this.id);
    return new ChatClient(userId, this.sessions, this.#dispatcher);
  }

  /** The next events of this kind are lost on their way to the other servers. */
  loseEvents(name: string, count: number): void {
    const send = this.mesh.send.bind(this.mesh);
    let left = count;
    this.mesh.send = (to, contract, event) => {
      if (contract.name === name && left-- > 0) return;
      send(to, contract, event);
    };
  }

  /** @returns how many events of this kind went to other servers since. */
  countEvents(name: string): () => number {
    const send = this.mesh.send.bind(this.mesh);
    let events = 0;
    this.mesh.send = (to, contract, event) => {
      if (contract.name === name) events += 1;
      send(to, contract, event);
    };
    return () => events;
  }

  /** Every transaction fails with this error; `undefined`: no longer. */
  failCommits(error: Error | undefined): void {
    const { database } = this.storage;
    if (error === undefined) Reflect.deleteProperty(database, 'run');
    else database.run = () => Promise.reject(error);
  }

  /** @returns how many reads of entries there were in SQL since; other parts of the server read other tables when they like. */
  countLogReads(): () => number {
    const { database } = this.storage;
    const read = database.read.bind(database);
    let reads = 0;
    database.read = (query, options) => {
      const { sql } = 'compile' in query ? query.compile() : query;
      if (sql.includes('from "entries"')) reads++;
      return read(query, options);
    };
    return () => reads;
  }

  async stop(): Promise<void> {
    for (const session of [...this.sessions.all()]) session.end('signedOut');
    await this.#chat.stop();
    await this.#outbox.stop();
    this.#redis.close();
    this.mesh.stop();
    await this.storage.stop();
  }

  #ownerOf(userId: UserId) {
    const serverId = this.#common.owners.get(userId);
    return serverId === undefined ? undefined : { incarnation: { serverId, life: 1 }, term: 1 };
  }
}

/** A signed-in client without a socket. */
export class ChatClient {
  readonly userId: UserId;
  readonly events: { readonly event: string }[] = [];
  readonly #session: ClientSession;
  readonly #sent = new Map<number, unknown>();
  #nextId = 1;

  constructor(userId: UserId, sessions: SessionTable, dispatcher: Dispatcher) {
    this.userId = userId;
    const link = {
      push: (fragment: string) => void this.events.push(JSON.parse(fragment) as { event: string }),
      close: () => undefined,
    };
    const identity = {
      id: sessionIdSchema.parse(randomId()),
      userId,
      device: { id: deviceIdSchema.parse(randomId()), kind: 'browser' as const, name: 'test' },
      capabilities: [],
      activity: 'active' as const,
      openedAt: Date.now(),
      tokenEndsAt: Date.now() + 600_000,
      ...{ signedInAt: Date.now(), tokenGeneration: 0 },
    };
    this.#session = new ClientSession(identity, link, sessions, dispatcher);
    sessions.add(this.#session);
  }

  /** @throws WireError */
  async ask<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>> {
    const answer = await this.#session.request({ id: this.#nextId++, method, params }, 'test');
    if ('error' in answer) throw answer.error;
    if (method === 'chat.send') {
      const taken = answer.result as Result<'chat.send'>;
      if ('seq' in taken) this.#sent.set(taken.seq, (params as ParamsIn<'chat.send'>).body.text);
    }
    return answer.result as Result<M>;
  }

  /** The code of the error it is answered. */
  async refusal<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<string> {
    try {
      await this.ask(method, params);
    } catch (error) {
      return (error as WireError).code;
    }
    throw new Error(`${method} was not refused`);
  }

  heard<E extends EventName>(event: E): EventFields<E>[] {
    return this.events.filter((each) => each.event === event) as unknown as EventFields<E>[];
  }

  /** Texts of the messages it was told and of those it sent itself, in the order of the log. */
  get texts(): unknown[] {
    const told = this.heard('chat.entry');
    const seqs = new Set(told.map(({ seq }) => seq));
    if (seqs.size < told.length) throw new Error('an entry came twice');
    const log = new Map<number, unknown>([...this.#sent, ...told.map(({ seq, body }) => [seq, body.text] as const)]);
    return [...log].sort(([one], [other]) => one - other).map(([, text]) => text);
  }

  leave(): void {
    this.#session.end('signedOut');
  }
}
