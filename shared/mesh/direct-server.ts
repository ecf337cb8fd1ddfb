import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type IncarnationId, incarnationIdSchema } from '../ids.ts';
import type { Logger } from '../runtime/logger.ts';
import type { MeshConfig } from './config.ts';
import { type Alive, readBody } from './direct-client.ts';
import { maxEnvelopeBytes } from './envelope.ts';
import type { MeshKeys } from './mesh-keys.ts';

export interface DirectServerOptions {
  readonly config: Pick<MeshConfig, 'host' | 'port' | 'url' | 'tls'>;
  readonly keys: MeshKeys;
  readonly logger: Logger;
}

/** What the server behind the mesh address knows; given once there is one. */
export interface DirectAnswers {
  /** Undefined before the first life has begun. */
  self(): IncarnationId | undefined;
  isBuried(incarnation: IncarnationId): boolean;
  /** Opens, executes and answers a sealed request; `undefined` when it is forged, replayed or not for us. */
  request(bytes: Buffer): Promise<Buffer | undefined>;
}

/**
 * The mesh address of a server: a listener of its own, bound by the process itself and closed last of all, because a refused
 * connection here means that the server is gone. Speaks only to servers of the mesh: requests are sealed, answers signed.
 */
export class DirectServer {
  readonly #options: DirectServerOptions;
  readonly #server: Server;
  #answers: DirectAnswers | undefined;

  constructor(options: DirectServerOptions) {
    this.#options = options;
    const { tls } = options.config;
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    this.#server =
      tls === undefined ? createHttp(serve) : createHttps({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, serve);
    this.#server.headersTimeout = 5_000;
    this.#server.requestTimeout = 10_000;
  }

  /** Binds the address. @returns the URL by which the other servers reach it. */
  async listen(): Promise<string> {
    const { host, port, url, tls } = this.#options.config;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const bound = (this.#server.address() as AddressInfo).port;
    return url ?? `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /** From now on answers for this server; before, whoever asks is told to come later. */
  answerWith(answers: DirectAnswers): void {
    this.#answers = answers;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'http://mesh');
      if (this.#answers === undefined) end(response, 503);
      else if (request.method === 'GET' && url.pathname === '/mesh/alive') this.#alive(url.searchParams, this.#answers, response);
      else if (request.method === 'POST' && url.pathname === '/mesh/request')
        await this.#request(request, this.#answers, response);
      else end(response, 404);
    } catch (error) {
      this.#options.logger.debug('A call to the mesh address failed', { error });
      if (!response.headersSent) end(response, 400);
    }
  }

  #alive(query: URLSearchParams, answers: DirectAnswers, response: ServerResponse): void {
    const incarnation = answers.self();
    const nonce = query.get('nonce') ?? '';
    const of = incarnationIdSchema.safeParse(query.get('of'));
    if (incarnation === undefined || nonce.length > 64) {
      end(response, incarnation === undefined ? 503 : 400);
      return;
    }
    const alive: Alive = { incarnation, nonce, buried: of.success && answers.isBuried(of.data) };
    const json = JSON.stringify(alive);
    end(response, 200, `${this.#options.keys.mac('alive', json)}.${json}`);
  }

  async #request(request: IncomingMessage, answers: DirectAnswers, response: ServerResponse): Promise<void> {
    if (Number(request.headers['content-length'] ?? 0) > maxEnvelopeBytes) return end(response, 413);
    const answer = await answers.request(await readBody(request));
    if (answer === undefined) return end(response, 403);
    end(response, 200, answer);
  }
}

function end(response: ServerResponse, status: number, body: string | Buffer = ''): void {
  response.writeHead(status, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' }).end(body);
}
