import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { type CloseReason, closeCodes } from '#shared/protocol/close-codes.ts';
import { type Answer, type Request, requestSchema } from '#shared/protocol/envelope.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { refusal } from '#shared/protocol/refusal.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type BucketRate, TokenBucket } from '#shared/runtime/token-bucket.ts';
import type { GatewayConfig } from './config.ts';
import { failure } from './dispatcher.ts';
import type { Fragment } from './fragment.ts';
import type { ClientLink, RequestTarget, SessionOpener } from './link.ts';
import { Outbox, type OutboxLimits, type Outlet, type WriteTurn } from './push.ts';
import { ReadyResult } from './ready-result.ts';
import { checkParams } from './request-check.ts';

/** What all connections of a gateway share. */
export interface ConnectionHost {
  readonly config: GatewayConfig;
  readonly messageRate: BucketRate;
  readonly outboxLimits: OutboxLimits;
  readonly turn: WriteTurn;
  readonly opener: SessionOpener;
  readonly clock: Clock;
  readonly logger: Logger;
  gone(connection: Connection, reason: CloseReason | undefined): void;
}

/** What identifies a connection from its beginning. */
export interface ConnectionOrigin {
  /** Unique over all servers; begins the correlation ids of its requests. */
  readonly name: string;
  readonly address: string;
  readonly socket: WebSocket;
  readonly stream: Socket;
}

/** One WebSocket of one client: bytes, limits and deadlines. What requests mean is the business of its target. */
export class Connection implements ClientLink, Outlet {
  readonly address: string;
  readonly socket: WebSocket;
  readonly stream: Socket;
  readonly #name: string;
  readonly #host: ConnectionHost;
  readonly #outbox: Outbox;
  readonly #bucket: TokenBucket;
  readonly #openBeforeMs: number;
  #heardAtMs: number;
  #requests = 0;
  #unanswered = 0;
  #target: RequestTarget | undefined;
  /** What is pushed while the session opens: the client hears the welcome first. */
  #early: { readonly fragment: Fragment; readonly latestKey: string | undefined }[] | undefined;
  #over = false;

  constructor({ name, address, socket, stream }: ConnectionOrigin, host: ConnectionHost) {
    const nowMs = host.clock.monotonicMs();
    this.#name = name;
    this.address = address;
    this.socket = socket;
    this.stream = stream;
    this.#host = host;
    this.#outbox = new Outbox(this, host.turn, host.outboxLimits);
    this.#bucket = new TokenBucket(host.messageRate, nowMs);
    this.#heardAtMs = nowMs;
    this.#openBeforeMs = nowMs + host.config.openWithinMs;
  }

  get bufferedBytes(): number {
    return this.stream.writableLength;
  }

  /** Whether requests have somewhere to go. */
  get isOpen(): boolean {
    return this.#target !== undefined;
  }

  bind(target: RequestTarget): void {
    if (this.#over) target.closed();
    else this.#target = target;
  }

  push(fragment: Fragment, latestKey?: string): void {
    if (this.#over) return;
    if (this.#early) this.#early.push({ fragment, latestKey });
    else this.#outbox.push(fragment, latestKey);
  }

  close(reason: CloseReason): void {
    if (this.#over) return;
    this.#outbox.flushAll();
    this.#end(reason);
  }

  tooSlow(): void {
    this.#end('tooSlow');
  }

  /** Closes the connection when its deadlines have passed. */
  checkDeadlines(nowMs: number): void {
    if (nowMs - this.#heardAtMs >= this.#host.config.silentAfterMs) this.close('silent');
    else if (!this.#target && nowMs >= this.#openBeforeMs) this.close('notSignedIn');
  }

  /** A WebSocket ping, which `ws` answers itself. */
  heardPing(): void {
    this.#heardAtMs = this.#host.clock.monotonicMs();
    if (this.#bucket.take(this.#host.messageRate, this.#heardAtMs) === Number.POSITIVE_INFINITY) this.close('rateLimited');
  }

  /** The socket is closed. */
  lost(): void {
    if (this.#over) return;
    this.#outbox.drop();
    this.#leave(undefined);
  }

  received(bytes: RawData, isBinary: boolean): void {
    if (this.#over) return;
    const nowMs = this.#host.clock.monotonicMs();
    this.#heardAtMs = nowMs;
    const waitMs = this.#bucket.take(this.#host.messageRate, nowMs);
    if (isBinary) this.close('unsupportedFrame');
    else if (waitMs === Number.POSITIVE_INFINITY) this.close('rateLimited');
    else this.#read(String(bytes), waitMs);
  }

  /** What is no request is answered if it has an id, else it ends the connection. */
  #read(text: string, waitMs: number): void {
    const message = parsed(text);
    const request = requestSchema.safeParse(message);
    if (request.success) {
      if (waitMs === 0) this.#handle(request.data);
      else this.#refuse(request.data.id, new UCError('RATE_LIMITED', undefined, { retryAfterMs: waitMs }));
      return;
    }
    const id = requestSchema.shape.id.safeParse(message instanceof Object && 'id' in message ? message.id : undefined);
    if (id.success) this.#refuse(id.data, refusal(request.error, ''));
    else this.close('malformed');
  }

  #handle(request: Request): void {
    if (request.method === 'session.ping') this.#pong(request);
    else if (request.method === 'session.open') void this.#open(request);
    else if (!this.#target) this.#refuse(request.id, new UCError('NOT_SIGNED_IN'));
    else if (this.#unanswered < this.#host.config.unansweredRequests) void this.#pass(request, this.#target);
    else this.#refuse(request.id, new UCError('BUSY', 'Too many requests are unanswered.', { retryAfterMs: 1_000 }));
  }

  #pong(request: Request): void {
    try {
      this.#answer({ id: request.id, result: checkParams('session.ping', request.params) });
    } catch (error) {
      this.#answer(this.#failed(request, error, this.#nextCorrelationId()));
    }
  }

  async #pass(request: Request, target: RequestTarget): Promise<void> {
    this.#unanswered++;
    this.#answer(await target.request(request, this.#nextCorrelationId()));
    this.#unanswered--;
  }

  async #open(request: Request): Promise<void> {
    if (this.#target || this.#early) {
      this.#refuse(request.id, new UCError('BAD_REQUEST', 'The session is open already.', { field: 'method' }));
      return;
    }
    this.#early = [];
    const correlationId = this.#nextCorrelationId();
    try {
      const result = await this.#host.opener.open(checkParams('session.open', request.params), this, correlationId);
      this.#answer({ id: request.id, result });
      for (const { fragment, latestKey } of this.#early) this.#outbox.push(fragment, latestKey);
      if (result.status === 'redirect') this.close('redirected');
      if (result.status === 'busy') this.close('busy');
    } catch (error) {
      this.#answer(this.#failed(request, error, correlationId));
      if (error instanceof UCError && (error.code === 'TOKEN_INVALID' || error.code === 'NOT_SIGNED_IN'))
        this.close('notSignedIn');
    } finally {
      this.#early = undefined;
    }
  }

  #failed(request: Request, error: unknown, correlationId: string): Answer {
    return failure(request, error, { correlationId, log: this.#host.logger.child({ correlationId }) });
  }

  #refuse(id: number, error: UCError): void {
    this.#answer({ id, error: error.toWire() });
  }

  #answer(answer: Answer): void {
    if (!this.#over) this.#outbox.send(asMessage(answer));
  }

  #nextCorrelationId(): string {
    return `${this.#name}-${(this.#requests++).toString(36)}`;
  }

  #end(reason: CloseReason): void {
    this.socket.close(closeCodes[reason].code, reason);
    this.#leave(reason);
  }

  #leave(reason: CloseReason | undefined): void {
    this.#over = true;
    this.#host.gone(this, reason);
    const target = this.#target;
    this.#target = undefined;
    target?.closed();
  }
}

function asMessage(answer: Answer): string {
  const isReady = 'result' in answer && answer.result instanceof ReadyResult;
  return isReady ? `{"id":${answer.id},"result":${answer.result.json}}` : JSON.stringify(answer);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
