import { randomBytes } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import * as z from 'zod';
import { type IncarnationId, incarnationIdSchema } from '../ids.ts';
import { maxEnvelopeBytes } from './envelope.ts';
import type { MeshKeys } from './mesh-keys.ts';

/** What a server says of itself on its mesh address. */
export const aliveSchema = z.object({
  incarnation: incarnationIdSchema,
  /** Repeats what the asker sent: the answer is not an old one. */
  nonce: z.string(),
  /** Whether the incarnation that was asked about is buried, as far as this server knows. */
  buried: z.boolean(),
});
export type Alive = z.infer<typeof aliveSchema>;

/** Nothing was delivered: nobody listens there, or there is no way to it. */
export class DirectWayClosed extends Error {
  override readonly name = 'DirectWayClosed';
}

const closedCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EADDRNOTAVAIL', 'EPROTO']);

export interface DirectClientOptions {
  readonly keys: MeshKeys;
  /** Certificates by which the other servers are trusted (PEM), when their mesh addresses speak HTTPS. */
  readonly ca?: string | Buffer | undefined;
}

/** Asks other servers on their mesh address, without the bus. */
export class DirectClient {
  readonly #keys: MeshKeys;
  readonly #ca: string | Buffer | undefined;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 16 });
  readonly #https: HttpsAgent;

  constructor({ keys, ca }: DirectClientOptions) {
    this.#keys = keys;
    this.#ca = ca;
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets: 16, ca });
  }

  /** Delivers a sealed request and brings the sealed answer. @throws DirectWayClosed when it was surely not delivered. */
  async ask(meshUrl: string, bytes: Buffer, timeoutMs: number): Promise<Buffer> {
    const { status, body } = await this.#call(new URL('/mesh/request', meshUrl), 'POST', bytes, timeoutMs, true);
    if (status !== 200) throw new DirectWayClosed(`${meshUrl} answered ${status}`);
    return body;
  }

  /**
   * Asks who lives at this address. Always over a new connection: one that is kept could outlive its server.
   * @returns `refused` when nobody listens, `silent` when no answer that can be trusted came in time.
   */
  async alive(meshUrl: string, of: IncarnationId, timeoutMs: number): Promise<Alive | 'refused' | 'silent'> {
    const nonce = randomBytes(16).toString('base64url');
    const url = new URL('/mesh/alive', meshUrl);
    url.search = new URLSearchParams({ nonce, of }).toString();
    try {
      const { body } = await this.#call(url, 'GET', undefined, timeoutMs, false);
      const text = body.toString();
      const dot = text.indexOf('.');
      if (!this.#keys.proves('alive', text.slice(dot + 1), text.slice(0, dot))) return 'silent';
      const alive = aliveSchema.parse(JSON.parse(text.slice(dot + 1)));
      return alive.nonce === nonce ? alive : 'silent';
    } catch (error) {
      return error instanceof DirectWayClosed && error.message.includes('ECONNREFUSED') ? 'refused' : 'silent';
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #call(
    url: URL,
    method: string,
    body: Buffer | undefined,
    timeoutMs: number,
    keep: boolean,
  ): Promise<{ status: number; body: Buffer }> {
    const secure = url.protocol === 'https:';
    const agent = keep ? (secure ? this.#https : this.#http) : false;
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
      const call = (secure ? httpsRequest : httpRequest)(url, { method, agent, signal, ...(secure && { ca: this.#ca }) });
      call.on('response', (response) => {
        readBody(response).then((bytes) => resolve({ status: response.statusCode ?? 0, body: bytes }), reject);
      });
      call.on('error', (error: NodeJS.ErrnoException) => {
        reject(
          closedCodes.has(error.code ?? '') ? new DirectWayClosed(`${error.code}: ${error.message}`, { cause: error }) : error,
        );
      });
      call.end(body);
    });
  }
}

/** @throws Error when it is larger than an envelope may be. */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message) {
    length += (chunk as Buffer).length;
    if (length > maxEnvelopeBytes) throw new Error('larger than an envelope may be');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
