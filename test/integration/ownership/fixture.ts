import { Registry } from 'prom-client';
import { ServerCluster } from '#shared/cluster/cluster.ts';
import type { DeviceId, ServerId, UserId } from '#shared/ids.ts';
import type { CloseReason } from '#shared/protocol/close-codes.ts';
import type { Answer } from '#shared/protocol/envelope.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { OpenResult } from '#shared/protocol/session.ts';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { createLogger, silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { Link } from '#test/support/link.ts';
import type { RedisServer } from '#test/support/redis-server.ts';
import type { TempFolder } from '#test/support/temp-folder.ts';
import {
  type ClientLink,
  Dispatcher,
  type Fragment,
  type RequestTarget,
  registerSessionMethods,
  SessionTable,
} from '#ucserver/gateway/index.ts';
import { createOwnership, type Ownership, ownershipConfigSchema } from '#ucserver/ownership/index.ts';
import { createSignIn, type SignIn, signInConfigSchema, type TokenBearer } from '#ucserver/sign-in/index.ts';

export interface NodeOptions {
  readonly homeOf?: (userId: UserId) => ServerId | undefined;
  readonly signIn?: Record<string, unknown>;
  readonly ownership?: Record<string, unknown>;
  readonly lostForMs?: number;
  readonly random?: () => number;
}

/** One server as far as ownership and sign-in go: real cluster, real Redis behind a link, clients without sockets. */
export class Node {
  readonly id: ServerId;
  readonly link: Link;
  readonly cluster: ServerCluster;
  readonly ownership: Ownership & { start(): void; stop(): void };
  readonly sessions: SessionTable;
  readonly dispatcher: Dispatcher;
  readonly signIn: SignIn;
  /** What happened to users here, in order: `taken ann`, `lost ann to two`. */
  readonly log: string[] = [];
  /** Devices (`user/device`) of which this server knows that they were signed out. */
  readonly signedOut = new Set<string>();
  #isStopped = false;

  static async start(name: string, redis: RedisServer, folder: TempFolder, options: NodeOptions = {}): Promise<Node> {
    const node = new Node(name, await Link.open({ target: redis.address }), folder, options);
    await node.cluster.start();
    return node;
  }

  private constructor(name: string, link: Link, folder: TempFolder, options: NodeOptions) {
    const clock = systemClock;
    const logger = process.env.UCMESH_TEST_LOG ? createLogger({ level: 'debug', format: 'text' }) : silentLogger;
    this.id = name as ServerId;
    this.link = link;
    this.cluster = new ServerCluster({
      ...{ serverId: this.id, site: 'here', version: 'test', url: `http://${name}.test`, clock, logger },
      mesh: { id: 'test', password: 'the password of the mesh', host: '127.0.0.1', port: 0 },
      redis: redisConfigSchema.parse({ host: link.host, port: link.port }),
      dataFolder: folder.file(name),
      load: () => ({ ...this.signIn.load(), connections: this.sessions.size }),
      onReplaced: () => undefined,
    });
    const { signer, keys, meshKeys, members } = this.cluster;
    const homeOf = options.homeOf ?? (() => undefined);
    const base = { cluster: this.cluster, clock, logger, homeOf };
    this.ownership = createOwnership({ ...base, signer, keys, config: ownershipConfigSchema.parse(options.ownership ?? {}) });
    this.sessions = new SessionTable({ clock, lostForMs: options.lostForMs ?? 8_000 });
    const registry = new Registry();
    this.dispatcher = new Dispatcher({ clock, logger, registry });
    registerSessionMethods(this.dispatcher, this.sessions);
    this.dispatcher.register('presence.unwatch', () => ({}));
    this.signIn = createSignIn({
      ...{ ...base, ownership: this.ownership, sessions: this.sessions, dispatcher: this.dispatcher, meshKeys, registry },
      verifier: {
        verify: async (token) => {
          const bearer = bearerOf(token);
          if (token.endsWith('/revoked')) this.signedOut.add(`${bearer.userId}/${bearer.deviceId}`);
          return bearer;
        },
        holds: ({ userId, deviceId }) => !this.signedOut.has(`${userId}/${deviceId}`),
      },
      reach: {
        reach: () => ({ mesh: this.cluster.mesh.state, database: 'up' }),
        onReach: (told) => this.cluster.mesh.onState(told),
      },
      config: signInConfigSchema.parse({ goHome: { enabled: false }, releaseAfterMs: 60_000, ...options.signIn }),
      random: options.random ?? Math.random,
    });
    this.ownership.onTaken((userId) => this.log.push(`taken ${userId}`));
    this.ownership.onLost((userId, to) => this.log.push(`lost ${userId} to ${to?.serverId ?? 'nobody'}`));
    members.onLost(({ serverId }) => this.log.push(`server ${serverId} lost`));
    this.ownership.start();
    this.signIn.start();
    this.sessions.start();
  }

  ownerOf(userId: UserId): ServerId | undefined {
    return this.ownership.ownerOf(userId)?.incarnation.serverId;
  }

  /** Ends as with `kill -9`: nobody is told, connections break, the mesh address refuses. */
  async crash(): Promise<void> {
    if (this.#isStopped) return;
    await this.link.refuse();
    await eventually(() => this.cluster.redis.state === 'down' && this.cluster.mesh.state === 'down', { withinMs: 5_000 });
    await this.stop();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.sessions.stop();
    this.signIn.stop();
    this.ownership.stop();
    await this.cluster.stop();
    await this.link.close();
  }
}

/** Tokens of these tests: `user/device`, or `user/device/revoked` for one that is revoked just after it was read. */
function bearerOf(token: string): TokenBearer {
  const [userId, deviceId] = token.split('/') as [UserId, DeviceId];
  if (!userId || !deviceId) throw new UCError('TOKEN_INVALID');
  return { userId, deviceId, endsAt: Date.now() + 600_000, signedInAt: Date.now(), generation: 0 };
}

/** All know all others as healthy. */
export async function knowEachOther(...nodes: Node[]): Promise<void> {
  await eventually(
    () =>
      nodes.every(({ cluster: { mesh, members, mayWrite, redis } }) => {
        const well = members.all().filter(({ suspected }) => !suspected);
        return redis.state === 'up' && mayWrite && mesh.state === 'up' && well.length === nodes.length;
      }),
    { withinMs: 8_000, what: 'the servers know each other' },
  );
}

/** A client without a socket; goes from server to server like the real one. */
export class TestClient implements ClientLink {
  readonly address = '127.0.0.1';
  readonly bufferedBytes = 0;
  readonly userId: UserId;
  readonly device: string;
  readonly events: { event: string; [field: string]: unknown }[] = [];
  closedBy: CloseReason | undefined;
  /** Servers it cannot open. */
  readonly unreachable = new Set<string>();
  result: OpenResult | undefined;
  #target: RequestTarget | undefined;
  #requests = 0;

  constructor(userId: string, device = `${userId}-device`) {
    this.userId = userId as UserId;
    this.device = device;
  }

  push(fragment: Fragment): void {
    this.events.push(JSON.parse(fragment));
  }

  close(reason: CloseReason): void {
    if (this.closedBy) return;
    this.closedBy = reason;
    this.#target?.closed();
  }

  bind(target: RequestTarget): void {
    this.#target = target;
  }

  /** The connection breaks. */
  lose(): void {
    this.closedBy = 'silent';
    this.#target?.closed();
  }

  request(method: string, params: unknown = {}): Promise<Answer> {
    if (!this.#target || this.closedBy) throw new Error('not open');
    return this.#target.request({ id: ++this.#requests, method, params }, 'test');
  }

  /** One try at one server. */
  async ask(node: Node, more: { ticket?: string; unreachable?: ServerId[]; token?: string } = {}): Promise<OpenResult> {
    this.closedBy = undefined;
    const params = {
      ...{ token: `${this.userId}/${this.device}`, capabilities: [], activity: 'active' as const, unreachable: [] },
      device: { id: this.device as DeviceId, kind: 'browser' as const, name: 'test' },
      ...more,
    };
    this.result = await node.signIn.open(params, this, 'test');
    return this.result;
  }

  /** Follows redirects until it is welcome or told to come later. @returns the server it is on. */
  async signIn(node: Node, nodes: readonly Node[]): Promise<Node> {
    const untilMs = performance.now() + 15_000;
    const unreachable = new Set<ServerId>();
    const queue: { node: Node; ticket?: string }[] = [{ node }, ...nodes.map((each) => ({ node: each }))];
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (this.unreachable.has(next.node.id)) {
        unreachable.add(next.node.id);
        continue;
      }
      const more = { ...(next.ticket === undefined ? {} : { ticket: next.ticket }), unreachable: [...unreachable] };
      const result = await this.ask(next.node, more);
      if (result.status === 'welcome') return next.node;
      if (performance.now() > untilMs) break;
      if (result.status === 'busy') {
        await new Promise((resolve) => setTimeout(resolve, result.retryAfterMs));
        queue.unshift({ node: next.node });
        continue;
      }
      const { serverId, ticket } = result;
      const target = nodes.find(({ id }) => id === serverId);
      if (target) queue.unshift({ node: target, ticket }, { node: next.node });
      else {
        unreachable.add(serverId);
        queue.unshift({ node: next.node });
      }
    }
    throw new Error(`${this.userId} found no server: ${JSON.stringify(this.result)}`);
  }
}
