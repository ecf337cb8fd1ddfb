import { mkdirSync, writeFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { ServerAddress } from '#shared/protocol/session.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { Health } from '#shared/runtime/health.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import type { Authenticator } from '#ucserver/auth/index.ts';
import {
  authRoutes,
  ClientAddress,
  createHttpApp,
  type HttpConfig,
  HttpServer,
  httpConfigSchema,
  Networks,
  Origins,
  type RouteSet,
  systemRoutes,
} from '#ucserver/http/index.ts';

export interface HttpFixtureOptions {
  readonly config?: Partial<HttpConfig>;
  readonly authenticator?: Authenticator;
  readonly routes?: (folder: TempFolder) => readonly RouteSet[];
}

/** Knows one token, "good", of the user alice on device d1. */
export const oneToken = {
  authenticate: async (token: string) => {
    if (token !== 'good') throw new UCError('TOKEN_INVALID');
    return { userId: 'alice' as UserId, deviceId: 'd1', generation: 1, signedInAt: 0, issuedAt: 0, endsAt: 1 };
  },
  nonce: () => 'a-nonce',
  signIn: async ({ password }: { password: string }, address: string) => {
    if (password === 'bug') throw new TypeError('secret detail');
    if (password === 'busy') throw new UCError('BUSY', undefined, { retryAfterMs: 1_500 });
    return { userId: address };
  },
  signOut: async () => undefined,
} as unknown as Authenticator;

/** A listener with all routes that need no database, and a small web build. */
export class HttpFixture implements AsyncDisposable {
  readonly http: HttpServer;
  readonly health = new Health(systemClock);
  readonly folder: TempFolder;
  readonly servers: ServerAddress[] = [];
  isDraining = false;

  static async start({
    config = {},
    authenticator = oneToken,
    routes = () => [],
  }: HttpFixtureOptions = {}): Promise<HttpFixture> {
    const settings = { ...httpConfigSchema.parse({ host: '127.0.0.1', port: 0 }), ...config };
    const http = await HttpServer.create({ config: settings, clock: systemClock, logger: silentLogger });
    await http.listen();
    return new HttpFixture(http, settings, authenticator, routes);
  }

  private constructor(
    http: HttpServer,
    config: HttpConfig,
    authenticator: Authenticator,
    routes: (folder: TempFolder) => readonly RouteSet[],
  ) {
    this.http = http;
    this.folder = new TempFolder('http');
    this.servers.push({ id: 's1' as never, url: http.url });
    const origins = new Origins({ listed: config.origins, servers: () => this.servers, ownUrl: config.url });
    const clientAddress = new ClientAddress(config);
    mkdirSync(this.folder.file('web', 'assets'), { recursive: true });
    writeFileSync(this.folder.file('web', 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(this.folder.file('web', 'sw.js'), 'self;');
    writeFileSync(this.folder.file('web', 'assets', 'app-1a2b.js'), 'app;');
    writeFileSync(this.folder.file('web', 'assets', 'large-3c4d.js'), '// large\n'.repeat(1_000));
    writeFileSync(this.folder.file('web', '.secret'), 'secret');
    writeFileSync(this.folder.file('outside.txt'), 'secret');
    const app = createHttpApp({
      origins,
      secure: http.secure,
      addressOf: (request) => clientAddress.of(request),
      logger: silentLogger,
      webFolder: this.folder.file('web'),
      routes: [
        authRoutes({ authenticator, perMinute: config.authPerMinute, clock: systemClock }),
        systemRoutes({
          servers: () => this.servers,
          health: this.health,
          isDraining: () => this.isDraining,
          registry: new Registry(),
          metricsFrom: new Networks(config.metricsFrom),
          isDirect: (request) => clientAddress.isDirect(request),
        }),
        ...routes(this.folder),
      ],
    });
    http.serve(app.callback());
  }

  fetch(path: string, options: RequestInit = {}): Promise<Response> {
    return fetch(`${this.http.url}${path}`, { ...options, headers: { connection: 'close', ...options.headers } });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.http.stop();
    this.folder.remove();
  }
}
