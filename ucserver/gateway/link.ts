import type { CloseReason } from '#shared/protocol/close-codes.ts';
import type { Answer, Request } from '#shared/protocol/envelope.ts';
import type { Params } from '#shared/protocol/index.ts';
import type { OpenResult } from '#shared/protocol/session.ts';
import type { Fragment } from './fragment.ts';

/** The way to a client, whether its connection is on this server or on another one. */
export interface SessionLink {
  /**
   * Sends an event. What is pushed within one turn of the event loop leaves as one message. `latestKey` marks a state: while
   * the client does not keep up, a newer one of the same key replaces it.
   */
  push(fragment: Fragment, latestKey?: string): void;
  /** Sends what is waiting and closes with the code of this reason. Does nothing when closed already. */
  close(reason: CloseReason): void;
}

/** A connection of this server, as the opener of sessions sees it. */
export interface ClientLink extends SessionLink {
  /** The client's address, found behind trusted proxies. */
  readonly address: string;
  /** Bytes that were sent but have not left this machine. */
  readonly bufferedBytes: number;
  /** From now on the connection's requests go to `target`; calling it again changes the target. */
  bind(target: RequestTarget): void;
}

/** Where the requests of an open connection go: to its session here, or (attached) to the server that owns it. */
export interface RequestTarget {
  /** Never rejects: what goes wrong is in the answer. */
  request(request: Request, correlationId: string): Promise<Answer>;
  /** The connection is gone; called once. */
  closed(): void;
}

/** Decides what becomes of a new connection; part of signing in. */
export interface SessionOpener {
  /**
   * When it answers `welcome`, it has bound the link. After `redirect` and `busy` the gateway closes the connection.
   * @throws UCError for the client; after `TOKEN_INVALID` and `NOT_SIGNED_IN` the gateway closes the connection.
   */
  open(params: Params<'session.open'>, link: ClientLink, correlationId: string): Promise<OpenResult>;
}
