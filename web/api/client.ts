import type { WireEvent } from '#shared/protocol/envelope.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { AccessToken } from './access-token.ts';
import { type CallOptions, Calls } from './calls.ts';
import type { ClientOptions } from './client-options.ts';
import { type ClientState, noSession } from './client-state.ts';
import { type CredentialStore, MemoryCredentialStore } from './client-store.ts';
import { type ClientClock, pause, platformClock } from './clock.ts';
import { type Device, deviceOf } from './device.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { KnownServers } from './known-servers.ts';
import { ServerEvents } from './server-events.ts';
import { SessionKeeper } from './session-keeper.ts';
import { SignInHttp } from './sign-in.ts';
import type {
  Activity,
  CallParams,
  EventFields,
  EventName,
  MethodName,
  Reach,
  Result,
  ServerAddress,
  UserId,
  Welcome,
} from './types.ts';

/**
 * A client of the company's servers: keeps one session open on whichever server takes it and answers typed calls over it.
 * Calls made while there is no session wait for the next one; those unanswered when a connection is lost are sent again, acts
 * with the same id.
 */
export class Client {
  readonly store: CredentialStore;
  readonly clock: ClientClock;
  readonly #options: ClientOptions;
  readonly #random: () => number;
  readonly #http: SignInHttp;
  readonly #token: AccessToken;
  readonly #calls: Calls;
  readonly #states = new Emitter<ClientState>();
  readonly #reaches = new Emitter<Reach>();
  readonly #events = new ServerEvents();
  readonly #servers: KnownServers;
  #state: ClientState = { phase: 'signedOut', reason: 'never' };
  #reach: Reach = { mesh: 'up', database: 'up', outbox: 'up' };
  #device: Device | undefined;
  #activity: { readonly activity: Activity; readonly unsentText: boolean } = { activity: 'active', unsentText: false };
  #keeper: SessionKeeper | undefined;

  constructor(options: ClientOptions) {
    if (options.servers.length === 0) throw new RangeError('A client needs the address of at least one server');
    this.#options = options;
    this.store = options.store ?? new MemoryCredentialStore();
    this.clock = options.clock ?? platformClock;
    this.#random = options.random ?? Math.random;
    this.#servers = new KnownServers({ seeds: options.servers, store: this.store, random: this.#random });
    const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#http = new SignInHttp({ fetch, store: this.store, servers: () => this.servers });
    this.#token = new AccessToken(this.#http, this.clock);
    this.#calls = new Calls({
      clock: this.clock,
      random: this.#random,
      connection: () => this.#keeper?.connection,
      state: () => this.#state,
      onState: (listener) => this.onState(listener),
    });
  }

  get state(): ClientState {
    return this.#state;
  }

  /** What is out of reach from the present server. */
  get reach(): Reach {
    return this.#reach;
  }

  get userId(): UserId | undefined {
    return this.#token.userId;
  }

  /** Origins of all servers this client knows, in the order in which it would try them now. */
  get servers(): readonly string[] {
    return this.#servers.inOrder().map(({ url }) => url);
  }

  /** The servers' time now, in milliseconds since 1970, also on a device whose clock is wrong. */
  now(): number {
    return this.#token.now();
  }

  onState(listener: (state: ClientState) => void): Unsubscribe {
    return this.#states.on(listener);
  }

  onReach(listener: (reach: Reach) => void): Unsubscribe {
    return this.#reaches.on(listener);
  }

  /** The company's servers, each time they are told. */
  onServers(listener: (servers: readonly ServerAddress[]) => void): Unsubscribe {
    return this.#servers.onTold(listener);
  }

  on<E extends EventName>(event: E, listener: (fields: EventFields<E>) => void): Unsubscribe {
    return this.#events.on(event, listener);
  }

  /**
   * Signs in with a password and opens a session.
   *
   * @throws UCError `SIGN_IN_FAILED`, `RATE_LIMITED`, `BUSY`. @throws NoServerAnswered
   */
  async signIn(signIn: string, password: string): Promise<Welcome> {
    await this.#prepare();
    const tokens = await this.#http.withPassword(signIn, password, await this.#ownDevice());
    this.#token.use(tokens);
    return this.#start();
  }

  /**
   * Goes on with the stored credentials and resolves with the first session, however long that takes; `undefined` when a
   * password is needed. The state tells how it goes meanwhile.
   */
  async resume(): Promise<Welcome | undefined> {
    await this.#prepare();
    if (!(await this.store.get('credentials'))) return undefined;
    await this.#ownDevice();
    return this.#start().catch((error: unknown) => {
      if (error instanceof UCError) return undefined;
      throw error;
    });
  }

  /** Signs this device out and forgets its credentials, also when no server can be told. */
  async signOut(): Promise<void> {
    const token = this.#token.present;
    this.#leave();
    this.#token.forget();
    this.#enter({ phase: 'signedOut', reason: 'signedOut' });
    await this.#http.signOut(token);
  }

  /** Ends the session but keeps the credentials, so that {@link resume} can go on later. */
  async close(): Promise<void> {
    const closing = this.#keeper?.connection?.request('session.close', {}).catch(() => undefined);
    if (closing) await Promise.race([closing, pause(this.clock, 500)]);
    this.#leave();
    this.#enter({ phase: 'signedOut', reason: 'never' });
  }

  /**
   * Asks one method; without a session the call waits for one.
   *
   * @throws UCError As the server answers it; `NOT_SIGNED_IN` when nobody is signed in; `OUTCOME_UNKNOWN` when time is up.
   */
  call<M extends MethodName>(method: M, params: CallParams<M>, options?: CallOptions): Promise<Result<M>> {
    return this.#calls.ask(method, params, options) as Promise<Result<M>>;
  }

  /** A request over HTTP with the access token, for example for a picture. @throws UCError @throws NoServerAnswered */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const token = await this.#token.valid();
    if (token === undefined) throw new UCError('NOT_SIGNED_IN');
    return this.#http.authorised(path, token, init);
  }

  /** Says whether the person is at this device and has text they have not sent. */
  setActivity(activity: Activity, unsentText: boolean): void {
    if (this.#activity.activity === activity && this.#activity.unsentText === unsentText) return;
    this.#activity = { activity, unsentText };
    this.#tellActivity();
  }

  /** The network may be back or the page was woken: tries at once, or makes the connection prove that it lives. */
  retryNow(): void {
    this.#keeper?.retryNow();
  }

  async #prepare(): Promise<void> {
    if (await this.#servers.recall()) return;
    // So that a sign-in finds another server even if the only known one dies before it; without an answer the welcome tells them.
    this.#http.servers().then(
      (servers) => this.#servers.learnFirst(servers),
      () => undefined,
    );
  }

  async #ownDevice(): Promise<Device> {
    this.#device ??= await deviceOf(this.store, this.#options.device ?? { kind: 'desktop', name: 'ucmesh client' });
    return this.#device;
  }

  #leave(): void {
    this.#keeper?.stop();
    this.#keeper = undefined;
  }

  #enter(state: ClientState): void {
    this.#state = state;
    this.#states.emit(state);
  }

  #start(): Promise<Welcome> {
    this.#leave();
    const device = this.#device;
    if (!device) throw new TypeError('The device is not known yet');
    const keeper = new SessionKeeper({
      clock: this.clock,
      WebSocket: this.#options.WebSocket ?? globalThis.WebSocket,
      random: this.#random,
      token: this.#token,
      candidates: () => this.#servers.inOrder(),
      params: () => ({ device, capabilities: [...(this.#options.capabilities ?? ['chat'])], activity: this.#activity.activity }),
      onState: (state) => this.#enter(state),
      onOpened: (welcome, url) => this.#opened(welcome, url),
      onEvents: (events) => events.forEach((event) => void this.#hear(event)),
    });
    this.#keeper = keeper;
    this.#enter({ phase: 'connecting' });
    const opened = this.#firstSession(keeper);
    keeper.run().then(
      (end) => this.#finished(keeper, end),
      (error: unknown) => {
        // Only a fault of this client gets here; it must not look like an endless "connecting".
        this.#finished(keeper, { phase: 'stopped', reason: 'internal' });
        throw error;
      },
    );
    return opened;
  }

  #finished(keeper: SessionKeeper, end: ClientState | undefined): void {
    if (keeper !== this.#keeper || !end) return;
    this.#leave();
    if (end.phase === 'signedOut') {
      this.#token.forget();
      void this.store.remove('credentials');
    }
    this.#enter(end);
  }

  /** Settles with the keeper's first session, or with why there will be none. */
  #firstSession(keeper: SessionKeeper): Promise<Welcome> {
    return new Promise((resolve, reject) => {
      const off = this.onState((state) => {
        if (state.phase === 'connecting' && keeper === this.#keeper) return;
        off();
        if (state.phase === 'open') resolve(state.welcome);
        else reject(noSession(state));
      });
    });
  }

  #opened(welcome: Welcome, url: string): void {
    this.#servers.servedBy(url);
    this.#servers.learn(welcome.servers);
    this.#setReach(welcome.reach);
    if (this.#activity.unsentText) this.#tellActivity();
  }

  #tellActivity(): void {
    // Without a session nothing is lost: the next one is opened with it.
    this.#keeper?.connection?.request('session.activity', this.#activity).catch(() => undefined);
  }

  #setReach(reach: Reach): void {
    this.#reach = reach;
    this.#reaches.emit(reach);
  }

  #hear({ event, ...fields }: WireEvent): void {
    const told = fields as never;
    if (event === 'session.redirect') {
      const { serverId, url, ticket } = fields as EventFields<'session.redirect'>;
      this.#keeper?.moveTo({ id: serverId, url, ticket });
    } else if (event === 'session.ended') this.#sessionEnded(told);
    else if (event === 'system.reach') this.#setReach(told);
    else if (event === 'system.servers') this.#servers.learn((fields as EventFields<'system.servers'>).servers);
    this.#events.emit(event, fields);
  }

  /** The close code that follows says the same; this one comes first and knows more. */
  #sessionEnded({ reason }: EventFields<'session.ended'>): void {
    const keeper = this.#keeper;
    if (!keeper) return;
    if (reason === 'signedOut' || reason === 'locked') this.#finished(keeper, { phase: 'signedOut', reason });
    else if (reason === 'replaced') this.#finished(keeper, { phase: 'stopped', reason });
  }
}
