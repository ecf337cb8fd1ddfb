import { Histogram, type Registry } from 'prom-client';
import type { ActId, UserId } from '#shared/ids.ts';
import type { Answer, Request } from '#shared/protocol/envelope.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { type MethodName, methods, type Params, type Result } from '#shared/protocol/index.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { ActResults } from './act-results.ts';
import type { ReadyResult } from './ready-result.ts';
import { checkParams, methodNamed } from './request-check.ts';
import type { Session } from './session.ts';

/** What a handler knows beside the parameters. */
export interface RequestContext {
  readonly session: Session;
  readonly userId: UserId;
  /** Goes along to other servers, so that one request can be found in all logs. */
  readonly correlationId: string;
  readonly log: Logger;
}

export type Handler<M extends MethodName> = (params: Params<M>, context: RequestContext) => Answered<M> | Promise<Answered<M>>;
type Answered<M extends MethodName> = Result<M> | ReadyResult;

interface Registered {
  readonly run: (params: unknown, context: RequestContext) => unknown;
  readonly isAct: boolean;
  readonly observe: (seconds: number) => void;
}

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Takes requests of sessions to the handlers of the features and turns what comes back into answers. */
export class Dispatcher {
  /** Results of acts that carry an `actId`; part of what is handed over with a user. */
  readonly acts: ActResults;
  readonly #handlers = new Map<MethodName, Registered>();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #latency: Histogram<'method'>;

  constructor({ clock, logger, registry }: DispatcherOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.acts = new ActResults(clock);
    this.#latency = new Histogram({
      name: 'ucmesh_request_seconds',
      help: 'Time from a request to its answer, by method.',
      labelNames: ['method'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
      registers: [registry],
    });
  }

  /** @throws Error when the method has a handler already. */
  register<M extends MethodName>(method: M, handler: Handler<M>): void {
    if (this.#handlers.has(method)) throw new Error(`The method ${method} has a handler already`);
    const latency = this.#latency.labels(method);
    this.#handlers.set(method, {
      run: (params, context) => handler(params as Params<M>, context),
      isAct: 'act' in methods[method],
      observe: (seconds) => latency.observe(seconds),
    });
  }

  /** Methods of a session without a handler, for the check at start that nothing was forgotten. */
  missing(): MethodName[] {
    const names = Object.keys(methods) as MethodName[];
    return names.filter((name) => !('beforeSession' in methods[name]) && !this.#handlers.has(name));
  }

  /** Answers a request of an open session; never rejects. */
  async dispatch(session: Session, request: Request, correlationId: string): Promise<Answer> {
    const context = new Context(session, correlationId, this.#logger);
    try {
      return { id: request.id, result: await this.#run(request, context) };
    } catch (error) {
      return failure(request, error, context);
    }
  }

  async #run(request: Request, context: RequestContext): Promise<unknown> {
    const method = methodNamed(request.method);
    const params = checkParams(method, request.params);
    const handler = this.#handlers.get(method);
    if (!handler) throw new UCError('UNKNOWN_METHOD');
    const beganMs = this.#clock.monotonicMs();
    try {
      const actId = handler.isAct && 'actId' in params ? (params.actId as ActId) : undefined;
      if (actId === undefined) return await handler.run(params, context);
      return await this.acts.once(context.userId, actId, method, params, async () => handler.run(params, context));
    } finally {
      handler.observe((this.#clock.monotonicMs() - beganMs) / 1000);
    }
  }
}

/** The logger is made only when a handler has something to say. */
class Context implements RequestContext {
  readonly session: Session;
  readonly correlationId: string;
  readonly #base: Logger;
  #log: Logger | undefined;

  constructor(session: Session, correlationId: string, base: Logger) {
    this.session = session;
    this.correlationId = correlationId;
    this.#base = base;
  }

  get userId(): UserId {
    return this.session.userId;
  }

  get log(): Logger {
    this.#log ??= this.#base.child({ correlationId: this.correlationId, userId: this.userId });
    return this.#log;
  }
}

/** The answer to a request that failed. What no client is meant to understand goes to the log and becomes `INTERNAL`. */
export function failure(
  request: Request,
  error: unknown,
  { correlationId, log }: Pick<RequestContext, 'correlationId' | 'log'>,
): Answer {
  if (error instanceof UCError) return { id: request.id, error: error.toWire() };
  log.error('A request failed', { method: request.method, error });
  return { id: request.id, error: new UCError('INTERNAL', undefined, { details: { logId: correlationId } }).toWire() };
}
