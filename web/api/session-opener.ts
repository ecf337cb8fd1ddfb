import { UCError } from '#shared/protocol/errors.ts';
import { type ClientClock, pause } from './clock.ts';
import { Connection, ConnectionLost, type ConnectionOptions } from './connection.ts';
import type { Candidate } from './server-list.ts';
import type { OpenResult, ParamsIn, ServerId, Welcome } from './types.ts';

/** A place to go, as a server said it. */
export interface Target extends Candidate {
  readonly ticket?: string;
}

export type Opening =
  | { readonly kind: 'open'; readonly connection: Connection; readonly welcome: Welcome; readonly url: string }
  /** Servers answered, but have no session to give now; `because` if one said why. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number; readonly because?: UCError }
  /** No server could be reached, or none said when to come again; `because` as above. */
  | { readonly kind: 'none'; readonly because?: UCError }
  /** A server that answered will not have this session. */
  | { readonly kind: 'refused'; readonly error: UCError };

export interface OpenerOptions extends ConnectionOptions {
  /** Where to go first, if a server said so. */
  readonly target: Target | undefined;
  readonly candidates: readonly Candidate[];
  readonly openWithinMs: number;
  /** Parameters of `session.open` without those this function finds out. */
  readonly params: Omit<ParamsIn<'session.open'>, 'ticket' | 'unreachable'>;
}

/** A server that has accepted the connection gets this long to answer. */
const answerWithinMs = 5_000;
/** A redirect leads at most this far before the next server of the list is asked. */
const mostRedirects = 6;
/** `session.open` takes no more than these. */
const mostUnreachable = 8;

/**
 * Goes from server to server until one opens the session. Follows redirects; a server that does not open in time is named to
 * the next as unreachable, and the one that redirected there is asked again.
 */
export async function openSession(options: OpenerOptions): Promise<Opening> {
  const queue: Target[] = [...(options.target ? [options.target] : []), ...options.candidates];
  const unreachable = new Set<ServerId>();
  let redirects = 0;
  let busyMs: number | undefined;
  let because: UCError | undefined;
  for (let next = queue.shift(); next; next = queue.shift()) {
    const connection = await connect(next, options);
    if (!connection) {
      if (next.id !== undefined && unreachable.size < mostUnreachable) unreachable.add(next.id);
      continue;
    }
    const answer = await ask(connection, next, [...unreachable], options);
    if (answer === undefined) {
      connection.close();
      continue;
    }
    if (answer instanceof UCError) {
      connection.close();
      if (!answer.retryable) return { kind: 'refused', error: answer };
      because = answer;
      if (answer.retryAfterMs !== undefined) busyMs = Math.min(busyMs ?? answer.retryAfterMs, answer.retryAfterMs);
      continue;
    }
    if (answer.status === 'welcome') return { kind: 'open', connection, welcome: answer, url: next.url };
    connection.close();
    if (answer.status === 'busy') busyMs = Math.min(busyMs ?? answer.retryAfterMs, answer.retryAfterMs);
    else if (redirects++ < mostRedirects) {
      queue.unshift({ id: answer.serverId, url: answer.url, ticket: answer.ticket }, { id: next.id, url: next.url });
    }
  }
  const why = because === undefined ? {} : { because };
  return busyMs === undefined ? { kind: 'none', ...why } : { kind: 'busy', retryAfterMs: busyMs, ...why };
}

async function connect({ url }: Target, options: OpenerOptions): Promise<Connection | undefined> {
  try {
    return await Connection.open(url, options.openWithinMs, options);
  } catch (error) {
    if (error instanceof ConnectionLost) return undefined;
    throw error;
  }
}

/** `undefined`: no answer. */
async function ask(
  connection: Connection,
  { ticket }: Target,
  unreachable: readonly ServerId[],
  { params, clock }: OpenerOptions,
): Promise<OpenResult | UCError | undefined> {
  const asked = { ...params, ...(ticket === undefined ? {} : { ticket }), unreachable };
  try {
    return (await Promise.race([connection.request('session.open', asked), silence(clock)])) as OpenResult | undefined;
  } catch (error) {
    if (error instanceof UCError) return error;
    if (error instanceof ConnectionLost) return undefined;
    throw error;
  }
}

function silence(clock: ClientClock): Promise<undefined> {
  return pause(clock, answerWithinMs).then(() => undefined);
}
