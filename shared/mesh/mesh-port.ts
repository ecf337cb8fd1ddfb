import type * as z from 'zod';
import type { Incarnation, ServerId } from '../ids.ts';
import type { EventContract, RequestContract } from './contract.ts';

/** Ends what was begun: a listener, a handler, a section. Calling it twice does nothing. */
export type Unsubscribe = () => void;

/** `up`: the last message to ourselves came back through the bus less than 1.5 s ago. */
export type MeshState = 'up' | 'down';

export interface RequestOptions {
  /** How long the caller waits, and how old the request may be when it is executed. Default 2,000. */
  readonly deadlineMs?: number;
  /** Id of the client request this belongs to; appears in the logs of both servers. */
  readonly correlationId?: string;
}

/** What a request handler knows about the request beside its parameters. */
export interface RequestContext {
  readonly from: Incarnation;
  /** How long the asker will still wait, the age of the envelope already taken off. */
  readonly remainingMs: number;
  readonly correlationId: string | undefined;
}

export type EventHandler<Event> = (event: Event, from: Incarnation) => void;
export type RequestHandler<Params, Result> = (params: Params, context: RequestContext) => Result | Promise<Result>;

export interface ResyncPage<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins (exclusive); absent on the last page. */
  readonly next?: string | undefined;
}

/**
 * A part of a server's state that another one must be able to read again after it may have missed events: owner map,
 * locations, watched presence, heads … Provider and consumer are the same feature on two servers.
 */
export interface ResyncSection<Item> {
  readonly name: string;
  readonly item: z.ZodType<Item>;
  /** What `asker` should know from us: at most `limit` (200) items after `after`, in a stable order of keys. */
  page(asker: Incarnation, after: string | undefined, limit: number): ResyncPage<Item> | Promise<ResyncPage<Item>>;
  /** Reading from `peer` begins; what is learnt by events from now on is at least as new as the pages. */
  begin?(peer: Incarnation): void;
  /** A page from `peer`. Items may be older than events that came meanwhile: versions decide. */
  apply(items: readonly Item[], peer: Incarnation): void | Promise<void>;
  /** Everything was read: what `peer` held before `begin` and has not named since is gone. */
  end?(peer: Incarnation): void | Promise<void>;
}

/**
 * The servers' way to each other: addressed events, requests with answers, and re-sync after something may have been lost.
 *
 * Events are sent at most once and are lost while the bus is down or the peer is unknown; whoever needs them registers a
 * {@link ResyncSection}. What goes to one peer within one turn of the event loop travels in one envelope. Order is kept within a
 * lane. Sending to one's own server id runs the local handlers.
 */
export interface Mesh {
  /** Who we are; changes when this server was buried and took a new life. */
  readonly self: Incarnation;
  readonly state: MeshState;

  /** The living servers we can address, without ourselves. */
  peers(): readonly Incarnation[];

  /** Sends one event to the present incarnation of a server. */
  send<Event>(to: ServerId, contract: EventContract<Event>, event: Event): void;

  /**
   * Sends a state that is worthless once a newer one of the same `key` exists: if the older has not left yet, it is replaced.
   * At most 5,000 are on their way unacknowledged; further ones wait here, one per key.
   */
  sendLatest<Event>(to: ServerId, key: string, contract: EventContract<Event>, event: Event): void;

  /** {@link sendLatest} to several servers with one serialisation. */
  sendLatestToMany<Event>(to: Iterable<ServerId>, key: string, contract: EventContract<Event>, event: Event): void;

  /** {@link send} to every peer (not to ourselves), serialised once. */
  broadcast<Event>(contract: EventContract<Event>, event: Event): void;

  /**
   * Asks a server; over the bus, or directly over HTTP on its mesh address while the bus is down.
   * @throws UCError what the handler threw; `OWNER_UNREACHABLE` when nobody listens there, it was never executed;
   *   `OUTCOME_UNKNOWN` when no answer came in time: repeat it with the same act id.
   */
  request<Params, Result>(
    to: ServerId,
    contract: RequestContract<Params, Result>,
    params: Params,
    options?: RequestOptions,
  ): Promise<Result>;

  /** Handlers of one contract run in the order they were added, synchronously; a throwing one is logged. */
  on<Event>(contract: EventContract<Event>, handler: EventHandler<Event>): Unsubscribe;

  /** @throws Error when the contract has a handler already. */
  handle<Params, Result>(contract: RequestContract<Params, Result>, handler: RequestHandler<Params, Result>): Unsubscribe;

  /** Adds a section; sections are read in the order they were added. @throws Error when the name is taken. */
  addResync<Item>(section: ResyncSection<Item>): Unsubscribe;

  /** Reads everything from this peer again, as after a gap; joins a run that is under way. Resolves when it has succeeded or the peer is gone. */
  resync(peer: ServerId): Promise<void>;

  /** Called on every change of {@link state}. */
  onState(listener: (state: MeshState) => void): Unsubscribe;

  /** All sections of this peer were read: after it appeared, after a gap, after the bus came back. */
  onSynced(listener: (peer: Incarnation) => void): Unsubscribe;
}
