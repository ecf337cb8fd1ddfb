import { BlockList, isIPv6 } from 'node:net';
import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { incarnationId, type LegId, serverIdSchema } from '#shared/ids.ts';
import { freeLine } from '#shared/mesh/contracts/trunks.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type TrunkChoice, type TrunkState, trunksToTry } from '#ucserver/dialing/index.ts';
import type { Sip, SrfRequest } from '#ucserver/sip/index.ts';
import { type LinesInUse, type LineUse, LineUses } from './line-use.ts';
import type { TrunkRepository } from './repository.ts';
import type { KnownTrunk } from './trunk.ts';
import { TrunkLink } from './trunk-link.ts';

/** A call that another server would have to end begins so, with the id of that server behind it. */
const elsewhere = '@';

export interface TrunksOptions {
  readonly repository: Pick<TrunkRepository, 'all' | 'onChange'>;
  readonly sip: Pick<Sip, 'application' | 'onConnected' | 'isConnected'>;
  readonly cluster: Pick<Cluster, 'members' | 'mesh' | 'self'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A trunk that a call may take. */
export interface UsableTrunk {
  readonly trunk: KnownTrunk;
  readonly link: TrunkLink;
  readonly choice: TrunkChoice;
}

/** The trunks of the company as this server reaches them: it asks them itself, and one server registers for all. */
export class Trunks {
  readonly #options: TrunksOptions;
  readonly #links = new Map<string, TrunkLink>();
  readonly #uses = new LineUses();
  readonly #stops: (() => void)[] = [];
  /** Ends a call of this server; answers whether it was there. */
  #endCall: (callId: string) => boolean = () => false;

  constructor(options: TrunksOptions) {
    this.#options = { ...options, logger: options.logger.child({ part: 'trunks' }) };
  }

  start(): void {
    const { repository, sip, cluster } = this.#options;
    this.#stops.push(
      repository.onChange(() => this.#take()),
      sip.onConnected(() => {
        for (const link of this.#links.values()) link.look();
      }),
      cluster.mesh.handle(freeLine, ({ trunkId }) => ({ freed: this.#freeOwn(trunkId) })),
    );
    this.#take();
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    const links = [...this.#links.values()];
    this.#links.clear();
    await Promise.all(links.map((link) => link.stop()));
  }

  /** Who ends calls whose line an emergency call needs. */
  endCallsBy(end: (callId: string) => boolean): void {
    this.#endCall = end;
  }

  all(): Iterable<TrunkLink> {
    return this.#links.values();
  }

  /** The trunks to try for a call from a site, best first. */
  usable(siteId: string, emergency: boolean): UsableTrunk[] {
    return trunksToTry(
      [...this.#links.values()].map((link) => this.#stateOf(link)),
      siteId,
      emergency,
    ).flatMap((choice) => {
      const link = this.#links.get(choice.trunkId);
      return link === undefined ? [] : [{ trunk: link.trunk, link, choice }];
    });
  }

  /** The trunk from which a request comes, by the address it comes from; its user name decides between several. */
  sourceOf(request: Pick<SrfRequest, 'source_address' | 'uri'>): KnownTrunk | undefined {
    const from = [...this.#links.values()].filter((link) => isSource(link, request.source_address));
    const named = from.find(({ trunk }) => trunk.userName !== undefined && request.uri.includes(`:${trunk.userName}@`));
    return (named ?? from[0])?.trunk;
  }

  /** Whether all lines of a trunk are in use, by calls of whichever server. */
  isFull(trunkId: string): boolean {
    const link = this.#links.get(trunkId);
    if (link === undefined) return true;
    const { calls, lines } = this.#stateOf(link);
    return calls.length >= lines;
  }

  /** A line is used by a leg from now on. */
  take(leg: LegId, use: LineUse, choice?: TrunkChoice): void {
    this.#uses.take(leg, use);
    const givesWay = choice?.givesWay;
    if (givesWay?.startsWith(elsewhere) === true) void this.#askToFree(use.trunkId, givesWay.slice(elsewhere.length));
    else if (givesWay !== undefined) this.#endCall(givesWay);
  }

  free(leg: LegId): void {
    this.#uses.free(leg);
  }

  /** What other servers must know; told with each heartbeat. */
  lines(): Record<string, LinesInUse> {
    return this.#uses.counts();
  }

  #take(): void {
    const { repository, sip, clock, logger } = this.#options;
    const wanted = new Map(repository.all().flatMap((trunk) => (trunk.enabled ? [[trunk.id, trunk] as const] : [])));
    for (const [id, link] of [...this.#links]) {
      if (JSON.stringify(link.trunk) === JSON.stringify(wanted.get(id))) wanted.delete(id);
      else {
        this.#links.delete(id);
        void link.stop();
      }
    }
    for (const [id, trunk] of wanted) {
      const isRegistrar = () => this.#isRegistrar();
      const link = new TrunkLink({ trunk, application: sip.application, isRegistrar, clock, logger });
      this.#links.set(id, link);
      link.start();
    }
  }

  /** Calls come in over one server: the first by name of those that have an edge. */
  #isRegistrar(): boolean {
    const { cluster, sip } = this.#options;
    const ids = cluster.members.all().flatMap(({ incarnation, sip: edge, draining }) => {
      return edge === undefined || edge.length === 0 || draining ? [] : [incarnation.serverId];
    });
    return sip.isConnected && [...ids].sort()[0] === cluster.self.serverId;
  }

  #stateOf({ trunk, isUp }: TrunkLink): TrunkState {
    const own = this.#uses.of(trunk.id);
    const others = this.#options.cluster.members.all().flatMap(({ incarnation, lines }) => {
      const used = lines?.[trunk.id];
      if (used === undefined || incarnationId(incarnation) === incarnationId(this.#options.cluster.self)) return [];
      return callsOf(`${elsewhere}${incarnation.serverId}`, used);
    });
    const calls = [...own, ...others];
    return { id: trunk.id, priority: trunk.priority, siteId: trunk.site, up: isUp, lines: trunk.lines, calls };
  }

  #freeOwn(trunkId: string): boolean {
    const newest = this.#uses.of(trunkId).findLast(({ emergency }) => !emergency);
    return newest !== undefined && this.#endCall(newest.callId);
  }

  async #askToFree(trunkId: string, serverId: string): Promise<void> {
    const { cluster, logger } = this.#options;
    try {
      await cluster.mesh.request(serverIdSchema.parse(serverId), freeLine, { trunkId });
    } catch (error) {
      logger.warn('a line for an emergency call was not freed', { trunk: trunkId, serverId, error });
    }
  }
}

/** The calls of another server, of which only their number and the newest are known. */
function callsOf(callId: string, { calls, newestAt }: LinesInUse): TrunkState['calls'] {
  return Array.from({ length: calls }, (_, index) => {
    const isNewest = index === 0 && newestAt !== undefined;
    return { callId, emergency: !isNewest, startedAt: isNewest ? newestAt : 0 };
  });
}

function isSource({ trunk, addresses }: TrunkLink, address: string): boolean {
  if ([...addresses].includes(address)) return true;
  const allowed = new BlockList();
  for (const source of trunk.sources) {
    const [network = '', bits] = source.split('/');
    const family = isIPv6(network) ? 'ipv6' : 'ipv4';
    if (bits === undefined) allowed.addAddress(network, family);
    else allowed.addSubnet(network, Number.parseInt(bits, 10), family);
  }
  return allowed.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
