import { randomId } from '#shared/random-id.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { SrfApplication, SrfResponse } from '#ucserver/sip/index.ts';
import { type KnownTrunk, peerUri, type TrunkPeer } from './trunk.ts';

/** A request that nobody answers fails by itself after 32 s (RFC 3261 17.1.2.2); what is late by then counts as no answer. */
const answerMs = 33_000;
const leastRetryMs = 5_000;
const mostRetryMs = 300_000;
/** Of the time for which it was granted, so that one lost renewal does no harm. */
const renewAfter = 0.5;

export interface TrunkLinkOptions {
  readonly trunk: KnownTrunk;
  readonly application: SrfApplication;
  /** Whether this server is the one that registers. */
  readonly isRegistrar: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What this server knows of one trunk: whether its peers answer, whether it is registered, and from where they answered. */
export class TrunkLink {
  readonly trunk: KnownTrunk;
  readonly #options: TrunkLinkOptions;
  readonly #up = new Set<TrunkPeer>();
  readonly #addresses = new Map<TrunkPeer, string>();
  readonly #callId = randomId();
  #timer: Timer | undefined;
  #registration: Timer | undefined;
  #registeredUntilMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #wasUp: boolean | undefined;
  #stopped = false;

  constructor(options: TrunkLinkOptions) {
    this.trunk = options.trunk;
    this.#options = options;
  }

  /** Some peer answers; calls can go out. */
  get isUp(): boolean {
    return this.#up.size > 0;
  }

  get isRegistered(): boolean {
    return this.#options.clock.monotonicMs() < this.#registeredUntilMs;
  }

  /** Peers to try, those that answer first. */
  get peers(): readonly TrunkPeer[] {
    const { peers } = this.trunk;
    return [...peers.filter((peer) => this.#up.has(peer)), ...peers.filter((peer) => !this.#up.has(peer))];
  }

  /** Addresses from which peers have answered. */
  get addresses(): Iterable<string> {
    return this.#addresses.values();
  }

  /** @param edgeIsThere requests can be sent */
  start(): void {
    const { clock } = this.#options;
    this.look();
    this.#timer = clock.every(this.trunk.probeSeconds * 1_000, () => this.look());
  }

  /** Asks all peers now, and registers if that is due. */
  look(): void {
    for (const peer of this.trunk.peers) void this.#probe(peer);
    if (this.trunk.registers && this.#registration === undefined && this.#options.isRegistrar()) void this.#register();
  }

  /** Takes the registration back, if there is one. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.stop();
    this.#registration?.stop();
    if (this.isRegistered) await this.#sendRegister(this.peers[0], 0).catch(() => undefined);
  }

  async #probe(peer: TrunkPeer): Promise<void> {
    const answer = await this.#ask(peer, 'OPTIONS', this.#from(peer), {}).catch(() => undefined);
    this.#heard(peer, answer);
  }

  #heard(peer: TrunkPeer, answer: SrfResponse | undefined): void {
    if (this.#stopped) return;
    // 408 and 503 also come from our own edge, when nobody is there.
    const isThere = answer !== undefined && answer.status !== 408 && answer.status !== 503;
    if (isThere) {
      this.#up.add(peer);
      this.#addresses.set(peer, answer.source_address);
    } else this.#up.delete(peer);
    if (this.#wasUp === this.isUp) return;
    this.#wasUp = this.isUp;
    const { logger } = this.#options;
    if (this.isUp) logger.info('a trunk is up', { trunk: this.trunk.id });
    else logger.warn('a trunk is down: none of its peers answers', { trunk: this.trunk.id });
  }

  async #register(): Promise<void> {
    const { clock, logger, isRegistrar } = this.#options;
    this.#registration?.stop();
    // Holds the place until the answer is there, so that it is not sent twice.
    this.#registration = clock.after(answerMs, () => this.look());
    let againMs = Math.min(mostRetryMs, leastRetryMs * 2 ** this.#failures);
    for (const peer of this.peers) {
      const answer = await this.#sendRegister(peer, this.trunk.registerSeconds).catch(() => undefined);
      if (this.#stopped) return;
      if (answer?.status === 200) {
        const granted = expiresOf(answer) ?? this.trunk.registerSeconds;
        if (!this.isRegistered) logger.info('a trunk is registered', { trunk: this.trunk.id, seconds: granted });
        this.#registeredUntilMs = clock.monotonicMs() + granted * 1_000;
        this.#addresses.set(peer, answer.source_address);
        this.#failures = 0;
        againMs = Math.max(leastRetryMs, granted * 1_000 * renewAfter);
        break;
      }
      this.#failures += 1;
      logger.warn('a trunk could not register', { trunk: this.trunk.id, peer: peer.host, status: answer?.status ?? 408 });
    }
    this.#registration.stop();
    this.#registration = clock.after(againMs, () => {
      this.#registration = undefined;
      if (isRegistrar()) void this.#register();
    });
  }

  async #sendRegister(peer: TrunkPeer | undefined, seconds: number): Promise<SrfResponse | undefined> {
    const { userName = '' } = this.trunk;
    if (peer === undefined) return undefined;
    const own = `<sip:${encodeURIComponent(userName)}@${this.trunk.domain ?? peer.host}>`;
    const contact = `<sip:${encodeURIComponent(userName)}@localhost>`;
    return await this.#ask(peer, 'REGISTER', own, {
      To: own,
      Contact: contact,
      Expires: String(seconds),
      'Call-ID': this.#callId,
    });
  }

  #from(peer: TrunkPeer): string {
    return `<sip:${encodeURIComponent(this.trunk.userName ?? 'ucmesh')}@${this.trunk.domain ?? peer.host}>`;
  }

  /** Sends a request to a peer, and answers its final answer. @throws Error when it could not be sent */
  async #ask(
    peer: TrunkPeer,
    method: string,
    from: string,
    more: Readonly<Record<string, string>>,
  ): Promise<SrfResponse | undefined> {
    const { application, clock } = this.#options;
    const { userName: username, password } = this.trunk;
    const auth = username === undefined || password === undefined ? {} : { auth: { username, password } };
    const headers = { From: `${from};tag=${randomId()}`, 'User-Agent': 'ucmesh', ...more };
    const request = await application.request(peerUri(peer), { method, headers, ...auth });
    return await new Promise((resolve) => {
      const late = clock.after(answerMs, () => resolve(undefined));
      request.on('response', (response) => {
        if (response.status < 200) return;
        late.stop();
        resolve(response);
      });
    });
  }
}

/** What was granted: the `expires` of our Contact, else the Expires header (RFC 3261 10.2.4). */
function expiresOf(answer: SrfResponse): number | undefined {
  const text = /;\s*expires\s*=\s*(\d+)/i.exec(answer.get('Contact') ?? '')?.[1] ?? answer.get('Expires');
  const seconds = Number.parseInt(text ?? '', 10);
  return Number.isNaN(seconds) || seconds < 1 ? undefined : seconds;
}
