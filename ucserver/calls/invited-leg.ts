import type { LegId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { SipHeaders, SrfApplication, SrfDialog, SrfLateOffer, SrfRequest, SrfResponse } from '#ucserver/sip/index.ts';
import type { EndReason } from './call.ts';
import { allowed } from './caller-leg.ts';
import { isLateOffer, sendInvite } from './dialogs.ts';
import type { DialogName, LegListener, LegPort, PassedRequest } from './leg.ts';
import { LegDialog } from './leg-dialog.ts';
import { deviceDialogHeader, readDialogName } from './leg-header.ts';
import { LegOrigin } from './leg-origin.ts';
import { sessionSeconds, timerAgreement, timerRequest } from './session-timer.ts';
import { cancelHeaders, isWayGone, reasonOf } from './sip-words.ts';

/** One way on which a device or trunk may be reached. */
export interface LegWay {
  readonly uri: string;
  /** Route it goes by, the nearest hop first. */
  readonly path: readonly string[];
  /** What the one at its end must see beside the usual, for this INVITE only. */
  headers(invite: { readonly leg: LegId; readonly sipCallId: string; readonly fromTag: string }): SipHeaders;
  /** Whom the one at its end shows as caller and as called, where that is not what devices show. */
  readonly parties?: Pick<LegParties, 'from' | 'to'>;
  readonly auth?: { readonly username: string; readonly password: string };
  /** Whether the next way is worth a try after this answer; default: when this one seems gone. */
  readonly isGone?: (status: number) => boolean;
  /** It is taken now. */
  readonly onTaken?: (leg: LegId) => void;
}

/** Who calls whom, as the device shows it. */
export interface LegParties {
  /** `"Name" <sip:user@host>` without tag. */
  readonly from: string;
  readonly to: string;
  readonly headers: SipHeaders;
}

export interface InvitedLegOptions {
  readonly id: LegId;
  /** They are tried one after another, as long as one seems gone. */
  readonly ways: readonly LegWay[];
  readonly parties: LegParties;
  readonly application: SrfApplication;
  readonly clock: Clock;
  readonly listener: LegListener;
}

/** A leg that the owner of the call has invited. */
export class InvitedLeg implements LegPort {
  readonly id: LegId;
  listener: LegListener;
  readonly #options: InvitedLegOptions;
  readonly #origin = new LegOrigin();
  #request: SrfRequest | undefined;
  #cancelled: EndReason | undefined;
  #rang = false;
  #late: SrfLateOffer | undefined;
  #dialog: LegDialog | undefined;
  #name: DialogName | undefined;
  /** What a device wanted that found ours too short (RFC 4028 6). */
  #sessionSeconds = sessionSeconds;
  #isOver = false;

  constructor(options: InvitedLegOptions) {
    this.id = options.id;
    this.listener = options.listener;
    this.#options = options;
  }

  get dialogName(): DialogName | undefined {
    return this.#name;
  }

  invite(sdp: string | undefined): void {
    void this.#invite(sdp === undefined ? undefined : this.#origin.describe(sdp), [...this.#options.ways]);
  }

  ring(): void {
    // It is the one that rings.
  }

  accept(): void {
    // It is the one that accepts.
  }

  refuse(end: EndReason): void {
    this.cancel(end);
  }

  cancel(end: EndReason): void {
    if (this.#cancelled !== undefined || this.#isOver) return;
    this.#cancelled = end;
    this.#sendCancel();
  }

  hangUp(end: EndReason): void {
    if (this.#dialog !== undefined) this.#dialog.hangUp(end);
    else if (this.#late !== undefined) this.#giveUpLate(this.#late);
    else this.cancel(end);
  }

  complete(sdp: string): void {
    const late = this.#late;
    this.#late = undefined;
    if (late !== undefined) void this.#complete(late, sdp);
  }

  offer(offer: number, sdp: string, afterGlare: boolean): void {
    this.#dialog?.offer(offer, sdp, afterGlare);
  }

  answer(sdp: string): void {
    this.#dialog?.answer(sdp);
  }

  refuseOffer(status: 488 | 491): void {
    this.#dialog?.refuseOffer(status);
  }

  reportTransfer(status: number): void {
    this.#dialog?.reportTransfer(status);
  }

  async pass(request: PassedRequest): Promise<number> {
    return (await this.#dialog?.pass(request)) ?? 480;
  }

  lose(): void {
    if (this.#isOver) return;
    if (this.#dialog !== undefined) this.#dialog.lose();
    else this.cancel('lost');
    this.#close();
    this.listener.event({ type: 'leaves', legId: this.id, reason: 'lost' });
  }

  async #invite(localSdp: string | undefined, ways: LegWay[]): Promise<void> {
    const way = ways.shift();
    if (way === undefined || this.#cancelled !== undefined) {
      this.#refused('unreachable');
      return;
    }
    try {
      this.#answered(await this.#send(way, localSdp), localSdp !== undefined);
    } catch (error) {
      const status = statusOf(error);
      this.#request = undefined;
      const wanted = status === 422 ? leastSecondsOf(error) : undefined;
      if (wanted !== undefined && wanted > this.#sessionSeconds) {
        this.#sessionSeconds = wanted;
        await this.#invite(localSdp, [way, ...ways]);
        return;
      }
      if ((way.isGone ?? isWayGone)(status) && !this.#rang && ways.length > 0) await this.#invite(localSdp, ways);
      else this.#refused(reasonOf(status, this.#rang));
    }
  }

  #send(way: LegWay, localSdp: string | undefined): Promise<SrfDialog | SrfLateOffer> {
    const { application } = this.#options;
    const parties = { ...this.#options.parties, ...way.parties };
    way.onTaken?.(this.id);
    const callId = randomId();
    const tag = randomId();
    const headers = {
      ...allowed,
      Supported: `${allowed.Supported}, 100rel`,
      ...timerRequest(this.#sessionSeconds),
      ...parties.headers,
      From: `${parties.from};tag=${tag}`,
      To: parties.to,
      'Call-ID': callId,
      ...(way.path.length === 0 ? {} : { Route: way.path.join(', ') }),
      ...way.headers({ leg: this.id, sipCallId: callId, fromTag: tag }),
    };
    const progress = {
      cbRequest: (_error: unknown, request: SrfRequest) => {
        this.#request = request;
        if (this.#cancelled !== undefined) this.#sendCancel();
      },
      cbProvisional: (response: SrfResponse) => this.#provisional(response),
    };
    const auth = way.auth === undefined ? {} : { auth: way.auth };
    const offer = localSdp === undefined ? {} : { localSdp };
    return sendInvite(application, way.uri, { headers, ...auth, ...offer }, progress);
  }

  #provisional({ status, body }: SrfResponse): void {
    if (status < 180) return;
    this.#rang = true;
    const sdp = body === undefined || body === '' ? {} : { sdp: body };
    this.listener.event({ type: 'rings', legId: this.id, ...sdp });
  }

  /** @param offered we had made an offer */
  #answered(result: SrfDialog | SrfLateOffer, offered: boolean): void {
    if (isLateOffer(result)) {
      this.#late = result;
      this.listener.event({ type: 'answers', legId: this.id, sdp: result.sdp });
      return;
    }
    const sdp = bodyOf(result);
    this.#talk(result, sdp);
    if (sdp === undefined && !offered) this.#dialog?.hangUp('notAcceptable');
    this.listener.event({ type: 'answers', legId: this.id, ...(sdp === undefined ? {} : { sdp }) });
  }

  async #complete(late: SrfLateOffer, sdp: string): Promise<void> {
    try {
      const dialog = await late.ack(this.#origin.describe(sdp));
      this.#talk(dialog, late.sdp);
    } catch {
      this.#close();
      this.listener.event({ type: 'leaves', legId: this.id, reason: 'lost' });
    }
  }

  #giveUpLate(late: SrfLateOffer): void {
    this.#late = undefined;
    void late.destroy().finally(() => this.#close());
  }

  #talk(dialog: SrfDialog, remoteSdp: string | undefined): void {
    const { clock } = this.#options;
    const answer = dialog.res as SrfResponse;
    this.#name = readDialogName(answer.get(deviceDialogHeader)) ?? dialog.sip;
    this.#dialog = new LegDialog({
      ...{ id: this.id, dialog, agreement: timerAgreement(answer), origin: this.#origin, remoteSdp, clock },
      listener: () => this.listener,
    });
  }

  #sendCancel(): void {
    if (this.#request === undefined || this.#cancelled === undefined) return;
    // Its answer says nothing: the INVITE is answered too.
    this.#request.cancel({ headers: cancelHeaders(this.#cancelled) }, () => undefined);
  }

  #refused(reason: EndReason): void {
    this.#close();
    this.listener.event({ type: 'refuses', legId: this.id, reason });
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.listener.closed(this.id);
  }
}

function bodyOf({ res }: SrfDialog): string | undefined {
  const body = 'body' in res ? res.body : undefined;
  return body === '' ? undefined : body;
}

/** What came as final answer; 503 for what could not be sent at all. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : 503;
}

function leastSecondsOf(error: unknown): number | undefined {
  const answer = error instanceof Error && 'res' in error ? (error.res as SrfResponse | undefined) : undefined;
  const seconds = Number.parseInt(answer?.get('Min-SE') ?? '', 10);
  return Number.isInteger(seconds) && seconds <= 7_200 ? seconds : undefined;
}
