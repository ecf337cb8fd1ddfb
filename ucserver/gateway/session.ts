import type { DeviceId, Incarnation, SessionId, UserId } from '#shared/ids.ts';
import type { CloseReason } from '#shared/protocol/close-codes.ts';
import type { Answer, Request } from '#shared/protocol/envelope.ts';
import type { Activity, Capability } from '#shared/protocol/session.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Fragment } from './fragment.ts';
import type { RequestTarget, SessionLink } from './link.ts';
import type { SessionTable } from './session-table.ts';

/** The device of a session, as the client named it. */
export interface Device {
  readonly id: DeviceId;
  readonly kind: 'browser' | 'desktop' | 'mobile';
  readonly name: string;
}

/** What is known about a session from its beginning. */
export interface SessionIdentity {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly device: Device;
  readonly capabilities: readonly Capability[];
  readonly activity: Activity;
  /** Wall time in ms. */
  readonly openedAt: number;
  /** Wall time in ms. */
  readonly tokenEndsAt: number;
  /** When the password was given for this session's token (wall ms), and the person's token generation then. */
  readonly signedInAt: number;
  readonly tokenGeneration: number;
  /** The server that holds the connection, when that is another one (attached). */
  readonly via?: Incarnation | undefined;
}

/** One signed-in client of a user whom this server owns. */
export interface Session {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly device: Device;
  readonly capabilities: readonly Capability[];
  /** Changed by {@link SessionTable.setActivity} only. */
  activity: Activity;
  /** The person has written something they have not sent. */
  unsentText: boolean;
  /** Wall time in ms. */
  readonly openedAt: number;
  /** Wall time in ms; `session.renew` moves it, as the two after it. */
  tokenEndsAt: number;
  signedInAt: number;
  tokenGeneration: number;
  /** The server that holds the connection, when that is another one (attached). */
  readonly via: Incarnation | undefined;
  /** See {@link SessionLink.push}. Dropped while the connection is lost: the client asks anew when it comes back. */
  push(fragment: Fragment, latestKey?: string): void;
  /** Takes the session out of the table at once, sends `last`, closes the connection. */
  end(reason: CloseReason, last?: Fragment): void;
}

/** The session of a client whose requests this server answers. It is also the target of its own connection. */
export class ClientSession implements Session, RequestTarget {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly device: Device;
  readonly capabilities: readonly Capability[];
  activity: Activity;
  unsentText = false;
  readonly openedAt: number;
  tokenEndsAt: number;
  signedInAt: number;
  tokenGeneration: number;
  readonly via: Incarnation | undefined;
  #link: SessionLink | undefined;
  readonly #table: SessionTable;
  readonly #dispatcher: Dispatcher;

  constructor(identity: SessionIdentity, link: SessionLink, table: SessionTable, dispatcher: Dispatcher) {
    this.id = identity.id;
    this.userId = identity.userId;
    this.device = identity.device;
    this.capabilities = identity.capabilities;
    this.activity = identity.activity;
    this.openedAt = identity.openedAt;
    this.tokenEndsAt = identity.tokenEndsAt;
    this.signedInAt = identity.signedInAt;
    this.tokenGeneration = identity.tokenGeneration;
    this.via = identity.via;
    this.#link = link;
    this.#table = table;
    this.#dispatcher = dispatcher;
  }

  push(fragment: Fragment, latestKey?: string): void {
    this.#link?.push(fragment, latestKey);
  }

  request(request: Request, correlationId: string): Promise<Answer> {
    return this.#dispatcher.dispatch(this, request, correlationId);
  }

  /** The connection is gone: for a while the session waits for the device to come back. */
  closed(): void {
    this.#link = undefined;
    this.#table.lose(this.id);
  }

  end(reason: CloseReason, last?: Fragment): void {
    const link = this.#link;
    this.#link = undefined;
    if (last !== undefined) link?.push(last);
    link?.close(reason);
    this.#table.remove(this.id);
  }
}
