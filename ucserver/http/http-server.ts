import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { HttpConfig } from './config.ts';
import { TlsFiles } from './tls-files.ts';

export interface HttpServerOptions {
  readonly config: HttpConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

const headersMs = 10_000;
const mostHeaderBytes = 16_384;
const mostHeaders = 100;
/** After so many requests a connection is closed, so that load spreads anew. */
const mostRequestsPerConnection = 1_000;
/** Requests under way get this long to finish. */
const stopMs = 2_000;

/** The one listener for clients; pages, HTTP and WebSocket share it. */
export class HttpServer {
  readonly #config: HttpConfig;
  readonly #clock: Clock;
  readonly #server: Server | TlsServer;
  readonly #tls: TlsFiles | undefined;
  #listener: RequestListener = (_request, response) => void response.writeHead(503).end();

  /** @throws Error when certificate or key cannot be read. */
  static async create({ config, clock, logger }: HttpServerOptions): Promise<HttpServer> {
    const tls = config.tls && new TlsFiles(config.tls, clock, logger);
    const content = await tls?.read();
    return new HttpServer(config, clock, tls, content);
  }

  private constructor(
    config: HttpConfig,
    clock: Clock,
    tls: TlsFiles | undefined,
    content: { cert: string; key: string } | undefined,
  ) {
    const options: ServerOptions = {
      maxHeaderSize: mostHeaderBytes,
      requestTimeout: config.requestMs,
      headersTimeout: Math.min(headersMs, config.requestMs),
      keepAliveTimeout: config.keepAliveMs,
      noDelay: true,
    };
    const listener: RequestListener = (request, response) => this.#listener(request, response);
    this.#config = config;
    this.#clock = clock;
    this.#tls = tls;
    this.#server = content ? createTlsServer({ ...options, ...content }, listener) : createServer(options, listener);
    this.#server.maxHeadersCount = mostHeaders;
    this.#server.maxRequestsPerSocket = mostRequestsPerConnection;
    if (tls) tls.follow(this.#server as TlsServer);
  }

  /** For the gateway, which takes WebSocket requests. */
  get server(): Server {
    return this.#server as Server;
  }

  /** Clients speak HTTPS, with this server or with a proxy before it. */
  get secure(): boolean {
    return this.#config.tls !== undefined || this.#config.url?.startsWith('https:') === true;
  }

  /** How clients reach this server; known once it listens. */
  get url(): string {
    if (this.#config.url !== undefined) return new URL(this.#config.url).origin;
    const { port } = this.#server.address() as AddressInfo;
    const host = ['0.0.0.0', '::'].includes(this.#config.host) ? 'localhost' : this.#config.host;
    return `${this.#tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** Begins to listen, so that the port is known; requests are answered 503 until {@link serve}. */
  async listen(): Promise<void> {
    this.#server.listen(this.#config.port, this.#config.host);
    await once(this.#server, 'listening');
  }

  /** From now on requests go to `listener`. */
  serve(listener: RequestListener): void {
    this.#listener = listener;
  }

  /** Takes no new connections, lets requests under way finish for a moment, closes the rest. */
  async stop(): Promise<void> {
    this.#tls?.stop();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    const late = this.#clock.after(stopMs, () => this.#server.closeAllConnections());
    await closed;
    late.stop();
  }
}
