import type { Middleware } from 'koa';
import { randomId } from '#shared/ids.ts';
import { errorCodes, UCError } from '#shared/protocol/errors.ts';
import type { Logger } from '#shared/runtime/logger.ts';

/** What the middleware keeps about a request. */
export interface RequestState {
  /** Goes into every log line of the request. */
  readonly correlationId: string;
  /** The client's own address. */
  readonly address: string;
}

export interface AnswersOptions {
  readonly logger: Logger;
  readonly addressOf: (request: import('node:http').IncomingMessage) => string;
}

/** Turns errors into answers of the client protocol; what no client is meant to understand goes to the log. */
export function answers({ logger, addressOf }: AnswersOptions): Middleware<RequestState> {
  return async (context, next) => {
    context.state = { correlationId: randomId(), address: addressOf(context.req) };
    try {
      await next();
      if (context.status === 404 && context.body === undefined) throw new UCError('NOT_FOUND');
    } catch (thrown) {
      const error = toUCError(thrown, context.state.correlationId);
      if (error.code === 'INTERNAL') {
        logger.error('A request failed', { correlationId: context.state.correlationId, path: context.path, error: thrown });
      }
      context.status = errorCodes[error.code].http;
      context.body = { error: error.toWire() };
      context.set('Cache-Control', 'no-store');
      if (error.retryAfterMs !== undefined) context.set('Retry-After', String(Math.ceil(error.retryAfterMs / 1_000)));
    }
  };
}

function toUCError(thrown: unknown, logId: string): UCError {
  if (thrown instanceof UCError) return thrown;
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) return new UCError('BAD_REQUEST');
  return new UCError('INTERNAL', undefined, { details: { logId } });
}
