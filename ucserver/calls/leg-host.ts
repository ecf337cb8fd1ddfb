import { type Incarnation, type IncarnationId, incarnationId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type {
  SipHeaders,
  SrfApplication,
  SrfDialog,
  SrfLateOffer,
  SrfRequest,
  SrfResponder,
  SrfResponse,
} from '#ucserver/sip/index.ts';
import { directWay } from './device-legs.ts';
import { acceptInvite, isLateOffer, sendInvite } from './dialogs.ts';
import type { LegWay } from './invited-leg.ts';
import { type DialogName, isSameDialog } from './leg.ts';
import { deviceDialogHeader, dialogNameText, type LegAddress, type LegOrder, legHeaderMs } from './leg-header.ts';
import { RelayedDialogs } from './relayed-dialogs.ts';
import { picked } from './relayed-headers.ts';
import { isWayGone } from './sip-words.ts';

export interface LegHostOptions {
  readonly application: SrfApplication;
  readonly clock: Clock;
  /** How a device of this edge is reached; empty: not at all. */
  readonly bindingsOf: (deviceId: string) => readonly { readonly contact: string; readonly path: readonly string[] }[];
  /** The leg behind a dialog of a device of this edge. */
  readonly legOf: (name: DialogName) => LegAddress | undefined;
}

/**
 * The legs of other servers' calls to devices of this edge: an INVITE that a call owner has ordered goes to the device, and all
 * that comes in one of the two dialogs goes into the other. Nothing is decided here, and nothing forks.
 */
export class LegHost {
  readonly #options: LegHostOptions;
  readonly #relays = new Set<RelayedDialogs>();
  readonly #invites = new Set<RelayedInvite>();
  /** INVITEs that were taken, so that none is worth anything a second time. */
  readonly #taken = new Map<string, number>();
  #sweep: Timer | undefined;

  constructor(options: LegHostOptions) {
    this.#options = options;
  }

  start(): void {
    this.#sweep = this.#options.clock.every(legHeaderMs, () => this.#forget());
  }

  stop(): void {
    this.#sweep?.stop();
  }

  /** Legs that are hosted or about to be. */
  get size(): number {
    return this.#relays.size + this.#invites.size;
  }

  /** The leg behind a dialog of a device whose call another server owns. */
  legOf(name: DialogName): LegAddress | undefined {
    for (const { deviceDialog, order } of this.#relays) {
      if (isSameDialog(deviceDialog.sip, name)) return { owner: order.owner, leg: order.leg, talksWith: order.caller };
    }
    return undefined;
  }

  take(order: LegOrder, request: SrfRequest, response: SrfResponder): void {
    const { clock, bindingsOf } = this.#options;
    const sipCallId = request.get('Call-ID') ?? '';
    if (this.#taken.has(sipCallId)) {
      response.send(403);
      return;
    }
    this.#taken.set(sipCallId, clock.monotonicMs() + 2 * legHeaderMs);
    const ways = [...bindingsOf(order.target)].reverse().map(directWay);
    if (ways.length === 0) response.send(430, 'Flow Failed');
    else {
      const invite = new RelayedInvite(this.#options, order, request, response, this.#relays);
      this.#invites.add(invite);
      void invite.run(ways).finally(() => this.#invites.delete(invite));
    }
  }

  /** The owner of calls is dead: their devices are told. */
  ownerLost(lost: Incarnation): void {
    const owner = incarnationId(lost);
    for (const relay of [...this.#relays]) if (relay.owner === owner) relay.ownerGone();
    for (const invite of this.#invites) if (invite.owner === owner) invite.giveUp();
  }

  /** This server goes: both sides of each leg are told. */
  hangUpAll(): void {
    for (const relay of [...this.#relays]) relay.hangUp();
    for (const invite of this.#invites) invite.giveUp();
  }

  /** Our own edge is gone, and all dialogs with it. */
  edgeLost(): void {
    for (const relay of [...this.#relays]) relay.forget();
    this.#relays.clear();
  }

  #forget(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [id, untilMs] of this.#taken) {
      if (untilMs > nowMs) return;
      this.#taken.delete(id);
    }
  }
}

/** What of an INVITE a device must see. */
const inviteHeaders = ['From', 'To', 'P-Asserted-Identity', 'Session-Expires', 'Min-SE', 'Supported', 'Allow', 'Max-Forwards'];
const answerHeaders = ['Session-Expires', 'Require', 'Supported', 'Allow', 'Reason', 'Min-SE', 'Retry-After'];

/** An INVITE on its way from a call owner to a device, until it is answered. */
class RelayedInvite {
  readonly #options: LegHostOptions;
  readonly #order: LegOrder;
  readonly #request: SrfRequest;
  readonly #response: SrfResponder;
  readonly #relays: Set<RelayedDialogs>;
  #towardsDevice: SrfRequest | undefined;
  #cancelled: SipHeaders | undefined;
  #rang = false;

  constructor(
    options: LegHostOptions,
    order: LegOrder,
    request: SrfRequest,
    response: SrfResponder,
    relays: Set<RelayedDialogs>,
  ) {
    this.#options = options;
    this.#order = order;
    this.#request = request;
    this.#response = response;
    this.#relays = relays;
    request.on('cancel', (cancel) => {
      this.#cancelled = picked(cancel, ['Reason']);
      this.#sendCancel();
    });
  }

  get owner(): IncarnationId {
    return this.#order.owner;
  }

  async run(ways: LegWay[]): Promise<void> {
    const way = ways.shift();
    if (way === undefined || this.#cancelled !== undefined) return;
    try {
      await this.#answered(await this.#send(way));
    } catch (error) {
      const answer = answerOf(error);
      this.#towardsDevice = undefined;
      if (this.#cancelled !== undefined) return;
      const status = answer?.status ?? 503;
      if (isWayGone(status) && !this.#rang && ways.length > 0) await this.run(ways);
      else if (answer === undefined) this.#response.send(430, 'Flow Failed');
      else this.#response.send(answer.status, answer.reason, { headers: picked(answer, answerHeaders) });
    }
  }

  #send(way: LegWay): Promise<SrfDialog | SrfLateOffer> {
    const { application } = this.#options;
    const headers = {
      ...picked(this.#request, inviteHeaders),
      From: `${withoutTag(this.#request.get('From') ?? '')};tag=${randomId()}`,
      'Call-ID': randomId(),
      ...(way.path.length === 0 ? {} : { Route: way.path.join(', ') }),
    };
    const progress = {
      cbRequest: (_error: unknown, request: SrfRequest) => {
        this.#towardsDevice = request;
        this.#sendCancel();
      },
      cbProvisional: (answer: SrfResponse) => this.#provisional(answer),
    };
    const { body = '' } = this.#request;
    return sendInvite(application, way.uri, { headers, ...(body === '' ? {} : { localSdp: body }) }, progress);
  }

  #provisional({ status, reason, body = '' }: SrfResponse): void {
    if (status < 180) return;
    this.#rang = true;
    this.#response.send(status, reason, body === '' ? {} : { body });
  }

  async #answered(result: SrfDialog | SrfLateOffer): Promise<void> {
    const isLate = isLateOffer(result);
    const answer = result.res as SrfResponse;
    try {
      const owner = await this.#accept(answer, isLate ? undefined : dialogNameText(result.sip));
      if (!isLate) this.#join(owner, result);
      else {
        owner.once('ack', (ack) => void this.#late(owner, result, ack.body ?? ''));
        owner.queueRequests = false;
      }
    } catch {
      // The owner has given up meanwhile.
      await (isLate ? result.destroy() : result.destroy({ headers: this.#cancelled ?? {} }));
    }
  }

  /** The owner is dead: nobody would take an answer. */
  giveUp(): void {
    this.#cancelled ??= {};
    this.#response.send(503);
    this.#sendCancel();
  }

  #accept(answer: SrfResponse, name: string | undefined): Promise<SrfDialog> {
    const headers = { ...picked(answer, answerHeaders), ...(name === undefined ? {} : { [deviceDialogHeader]: name }) };
    const options = { headers, ...(answer.body === undefined ? {} : { localSdp: answer.body }) };
    return acceptInvite(this.#options.application, this.#request, this.#response, options);
  }

  async #late(owner: SrfDialog, offer: SrfLateOffer, sdp: string): Promise<void> {
    try {
      this.#join(owner, await offer.ack(sdp));
    } catch {
      await owner.destroy();
    }
  }

  #join(owner: SrfDialog, device: SrfDialog): void {
    const { legOf } = this.#options;
    const relay: RelayedDialogs = new RelayedDialogs({
      ...{ owner, device, order: this.#order, legOf },
      onEnd: () => this.#relays.delete(relay),
    });
    this.#relays.add(relay);
    relay.start();
  }

  #sendCancel(): void {
    if (this.#cancelled === undefined) return;
    this.#towardsDevice?.cancel({ headers: this.#cancelled }, () => undefined);
  }
}

function withoutTag(from: string): string {
  return from.replace(/;tag=[^;>\s]+/i, '');
}

function answerOf(error: unknown): SrfResponse | undefined {
  return error instanceof Error && 'res' in error ? (error.res as SrfResponse) : undefined;
}
