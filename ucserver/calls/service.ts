import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { incarnationId, type UserId } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { DialPlans } from '#ucserver/dial-plan/index.ts';
import type { Directory } from '#ucserver/directory/index.ts';
import type { CallerNames } from '#ucserver/phone-book/index.ts';
import type { Locations, Sip } from '#ucserver/sip/index.ts';
import type { Trunks } from '#ucserver/trunks/index.ts';
import { CallOwner } from './call-owner.ts';
import { CompanyRouting } from './call-routing.ts';
import type { CallsConfig } from './config.ts';
import { DeviceLegs } from './device-legs.ts';
import { Invites } from './invites.ts';
import { LegHost } from './leg-host.ts';
import { companyNumbers } from './numbers.ts';
import { OutsideRouting } from './outside-routing.ts';
import { Transfers } from './transfers.ts';
import { TrunkCalls } from './trunk-calls.ts';

const longestGoodbyeMs = 2_000;

export interface CallServiceOptions {
  readonly cluster: Cluster;
  readonly meshKeys: MeshKeys;
  readonly sip: Sip;
  readonly locations: Pick<Locations, 'locationsOf' | 'edgeOf'>;
  readonly directory: Directory;
  readonly plans: DialPlans;
  readonly trunks: Trunks;
  readonly names: CallerNames;
  readonly mayCall: (callee: UserId, caller: UserId) => boolean;
  readonly config: CallsConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Calls of a server with phones: it owns those whose caller's device is at its edge, and hosts legs for other servers. */
export class CallService {
  readonly owner: CallOwner;
  readonly transfers: Transfers;
  readonly legHost: LegHost;
  readonly deviceLegs: DeviceLegs;
  readonly #options: CallServiceOptions;
  readonly #stops: (() => void)[] = [];

  /** Before the connection to the edge is made. */
  constructor(options: CallServiceOptions) {
    this.#options = options;
    const { cluster, meshKeys, sip, locations, directory, plans, trunks, names, config, clock, mayCall } = options;
    const logger = options.logger.child({ part: 'calls' });
    const { application } = sip;
    const self = () => cluster.self;
    const { partyOf, personOf, addressOf } = companyNumbers(directory);
    const isLive = cluster.members.isLive.bind(cluster.members);
    this.deviceLegs = new DeviceLegs({ locations, meshKeys, clock, self, isLive });
    const devicesOf: DeviceLegs['of'] = (userId, call) => this.deviceLegs.of(userId, call);
    const { callsPerUser } = config;
    const routing = new OutsideRouting({
      company: new CompanyRouting({ personOf, partyOf, mayCall, devicesOf, callsPerUser }),
      ...{ plans, trunks, partyOf, callsPerUser, clock },
      nameOf: (number) => names.nameOf(number),
      self: () => incarnationId(cluster.self),
    });
    this.owner = new CallOwner({
      ...{ self, clock, application, partyOf, addressOf, noAnswerMs: config.noAnswerSeconds * 1_000 },
      routing,
      onReferral: (call, legId, referral) => this.transfers.referred(call, legId, referral),
    });
    this.legHost = new LegHost({
      ...{ application, clock, bindingsOf: (deviceId) => sip.bindingsOf(deviceId) },
      legOf: (name) => this.transfers.addressOf(name),
    });
    this.transfers = new Transfers({
      ...{ owner: this.owner, deviceLegs: this.deviceLegs, self: () => incarnationId(cluster.self), partyOf },
      relayedLegOf: (name) => this.legHost.legOf(name),
    });
    const trunkCalls = new TrunkCalls({ owner: this.owner, routing, trunks, sip, clock });
    const invites = new Invites({ trunkCalls, sip, owner: this.owner, legHost: this.legHost, partyOf, meshKeys, clock, logger });
    application.use('invite', (request, response) => {
      try {
        invites.handle(request, response);
      } catch (error) {
        // drachtio-srf throws on headers that a drachtio-server lets through.
        logger.warn('an INVITE could not be read', { error, from: request.source_address });
        response.send(400);
      }
    });
  }

  start(): void {
    const { cluster, sip } = this.#options;
    this.legHost.start();
    this.#stops.push(
      () => this.legHost.stop(),
      cluster.members.onLost((lost) => {
        this.owner.hostLost(lost);
        this.legHost.ownerLost(lost);
      }),
      sip.onAway(() => {
        this.owner.edgeLost();
        this.legHost.edgeLost();
      }),
    );
  }

  /** This server goes: the phones of its calls are told. Resolves when they have heard it, or after 2 s. */
  async hangUpAll(): Promise<void> {
    this.owner.hangUpAll();
    this.legHost.hangUpAll();
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + longestGoodbyeMs;
    while (this.counts().calls + this.counts().relays > 0 && clock.monotonicMs() < untilMs)
      await new Promise<void>((resolve) => void clock.after(20, resolve));
  }

  /** What is held now; for metrics and the leak checks of tests. */
  counts(): { readonly calls: number; readonly relays: number } {
    return { calls: [...this.owner.all()].length, relays: this.legHost.size };
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}
