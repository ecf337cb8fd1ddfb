import type { Incarnation, ServerId } from '../ids.ts';
import { UCError } from '../protocol/errors.ts';
import type { Keys } from '../redis/keys.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Bus } from './bus.ts';
import type { EventContract, RequestContract } from './contract.ts';
import { Courier } from './courier.ts';
import type { DirectClient } from './direct-client.ts';
import { Handlers } from './handlers.ts';
import type { MeshKeys } from './mesh-keys.ts';
import type { EventHandler, Mesh, MeshState, RequestHandler, RequestOptions, ResyncSection, Unsubscribe } from './mesh-port.ts';
import { encodeEvent, encodeRequest, type Fragment } from './payload.ts';
import { PendingRequests } from './pending-requests.ts';
import { Pulse } from './pulse.ts';
import { Resync } from './resync.ts';

/** How often every peer hears from us at least. */
export const keepAliveMs = 500;
const defaultDeadlineMs = 2_000;

export interface ServerMeshOptions {
  readonly bus: Bus;
  readonly keys: MeshKeys;
  readonly redisKeys: Pick<Keys, 'inbox'>;
  /** The way for requests while the bus is down. */
  readonly direct: DirectClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The mesh as one server sees it. Who is in it is told by the cluster: {@link meet}, {@link part}, {@link bury}. */
export class ServerMesh implements Mesh {
  readonly #options: ServerMeshOptions;
  readonly #handlers: Handlers;
  readonly #pending: PendingRequests;
  readonly #courier: Courier;
  readonly #resync: Resync;
  readonly #pulse: Pulse;
  readonly #logger: Logger;
  readonly #stateListeners = new Set<(state: MeshState) => void>();
  readonly #syncedListeners = new Set<(peer: Incarnation) => void>();
  #keepAlive: Timer | undefined;

  constructor(options: ServerMeshOptions) {
    const { bus, clock } = options;
    const logger = options.logger.child({ part: 'mesh' });
    this.#options = options;
    this.#logger = logger;
    this.#handlers = new Handlers(logger);
    this.#pending = new PendingRequests(clock);
    this.#courier = new Courier({
      ...options,
      logger,
      handlers: this.#handlers,
      pending: this.#pending,
      state: () => this.state,
      onEcho: (sentMs) => this.#pulse.echo(sentMs),
      onGap: (peer) => this.state === 'up' && void this.#resync.run(peer),
    });
    this.#pulse = new Pulse({ bus, clock, ping: () => this.#courier.ping(), onChange: (state) => this.#changed(state) });
    this.#resync = new Resync({
      mesh: this,
      clock,
      logger,
      isCurrent: (peer) => this.#courier.isCurrent(peer),
      onSynced: (peer) => {
        for (const listener of this.#syncedListeners) listener(peer);
      },
    });
  }

  get self(): Incarnation {
    return this.#courier.self;
  }

  get state(): MeshState {
    return this.#pulse.state;
  }

  /** Milliseconds since our last message to ourselves came back. */
  get silenceMs(): number {
    return this.#pulse.silenceMs;
  }

  /** Begins to listen as this incarnation and opens the bus. */
  start(self: Incarnation): void {
    this.#courier.become(self);
    this.#options.bus.open();
    this.#pulse.start();
    this.#keepAlive = this.#options.clock.every(keepAliveMs, () => this.state === 'up' && this.#courier.keepAlive());
  }

  /** Goes on as a new incarnation: all streams begin anew, what was asked stays unanswered. */
  rebirth(self: Incarnation): void {
    const peers = [...this.#courier.peers];
    this.#courier.become(self);
    this.#pending.failAll(new UCError('OUTCOME_UNKNOWN'));
    for (const { incarnation, meshUrl } of peers) this.meet(incarnation, meshUrl);
  }

  /** Sends what waits, then ends everything; requests of ours that wait fail with `SHUTTING_DOWN`. */
  stop(): void {
    this.#courier.flush();
    this.#keepAlive?.stop();
    this.#pulse.stop();
    this.#resync.stop();
    this.#courier.leave();
    this.#pending.failAll(new UCError('SHUTTING_DOWN'));
    this.#options.bus.close();
    this.#options.direct.close();
  }

  peers(): readonly Incarnation[] {
    return [...this.#courier.peers].map(({ incarnation }) => incarnation);
  }

  /** A living server appeared, or told another mesh address. */
  meet(incarnation: Incarnation, meshUrl: string | undefined): void {
    const peer = this.#courier.meet(incarnation);
    if (peer !== undefined && meshUrl !== undefined) peer.meshUrl = meshUrl;
  }

  /** This incarnation is dead for good: nothing is sent to it, what still comes from it is dropped. */
  bury(incarnation: Incarnation): void {
    this.#courier.bury(incarnation);
  }

  send<Event>(to: ServerId, contract: EventContract<Event>, event: Event): void {
    if (to === this.self.serverId) this.#deliverToSelf(contract, event);
    else this.#add(to, contract, encodeEvent(contract.name, event));
  }

  broadcast<Event>(contract: EventContract<Event>, event: Event): void {
    const fragment = encodeEvent(contract.name, event);
    for (const { incarnation } of this.#courier.peers) this.#add(incarnation.serverId, contract, fragment);
  }

  sendLatest<Event>(to: ServerId, key: string, contract: EventContract<Event>, event: Event): void {
    this.sendLatestToMany([to], key, contract, event);
  }

  sendLatestToMany<Event>(to: Iterable<ServerId>, key: string, contract: EventContract<Event>, event: Event): void {
    let fragment: Fragment | undefined;
    for (const serverId of to) {
      if (serverId === this.self.serverId) {
        this.#deliverToSelf(contract, event);
        continue;
      }
      fragment ??= encodeEvent(contract.name, event);
      this.#courier.addState(serverId, key, fragment);
    }
  }

  async request<Params, Result>(
    to: ServerId,
    contract: RequestContract<Params, Result>,
    params: Params,
    { deadlineMs = defaultDeadlineMs, correlationId }: RequestOptions = {},
  ): Promise<Result> {
    if (to === this.self.serverId) {
      const context = { from: this.self, remainingMs: deadlineMs, correlationId };
      return (await this.#handlers.execute(contract.name, params, context)) as Result;
    }
    const peer = this.#courier.peer(to);
    if (peer === undefined) throw new UCError('OWNER_UNREACHABLE', `Server ${to} is not in the mesh now`);
    const { id, answer } = this.#pending.begin(peer.id, contract, deadlineMs);
    try {
      const fragment = encodeRequest({ id, name: contract.name, params, deadlineMs, correlationId });
      this.#pending.keep(id, fragment);
      if (this.state === 'up') this.#courier.add(to, fragment, id);
      else void this.#courier.direct.ask(peer, id);
    } catch (error) {
      this.#pending.fail(id, error instanceof UCError ? error : new UCError('INTERNAL', undefined, { cause: error }));
    }
    return answer;
  }

  /** What the mesh address does with a sealed request; `undefined`: it must not be executed. */
  answerDirectly(bytes: Buffer): Promise<Buffer | undefined> {
    return this.#courier.direct.answer(bytes);
  }

  on<Event>(contract: EventContract<Event>, handler: EventHandler<Event>): Unsubscribe {
    return this.#handlers.on(contract, handler);
  }

  handle<Params, Result>(contract: RequestContract<Params, Result>, handler: RequestHandler<Params, Result>): Unsubscribe {
    return this.#handlers.handle(contract, handler);
  }

  addResync<Item>(section: ResyncSection<Item>): Unsubscribe {
    return this.#resync.add(section);
  }

  async resync(serverId: ServerId): Promise<void> {
    const peer = this.#courier.peer(serverId);
    if (peer !== undefined) await this.#resync.run(peer);
  }

  onState(listener: (state: MeshState) => void): Unsubscribe {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  onSynced(listener: (peer: Incarnation) => void): Unsubscribe {
    this.#syncedListeners.add(listener);
    return () => this.#syncedListeners.delete(listener);
  }

  #deliverToSelf<Event>(contract: EventContract<Event>, event: Event): void {
    const { self } = this;
    setImmediate(() => this.#handlers.deliver(contract.name, event, self));
  }

  #add<Event>(to: ServerId, contract: EventContract<Event>, fragment: Fragment): void {
    if (contract.lane === 'second') this.#courier.addState(to, Symbol(contract.name), fragment);
    else this.#courier.add(to, fragment);
  }

  #changed(state: MeshState): void {
    this.#logger[state === 'up' ? 'info' : 'warn'](`The bus is ${state}`);
    for (const peer of this.#courier.peers) {
      if (state === 'up') void this.#resync.run(peer);
      else this.#courier.giveUp(peer);
    }
    for (const listener of this.#stateListeners) listener(state);
  }
}
