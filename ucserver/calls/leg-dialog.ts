import { randomInt } from 'node:crypto';
import type { LegId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { SipHeaders, SrfDialog, SrfRequest, SrfResponder } from '#ucserver/sip/index.ts';
import { onAckOf } from './acks.ts';
import type { EndReason } from './call.ts';
import type { LegListener, PassedRequest } from './leg.ts';
import type { LegOrigin } from './leg-origin.ts';
import { Referrals } from './referrals.ts';
import { isHold, saysTheSame, withDirection } from './sdp.ts';
import { type SessionAgreement, SessionTimer, timerAgreement, timerAnswer, timerRequest } from './session-timer.ts';
import { byeHeaders } from './sip-words.ts';

export interface LegDialogOptions {
  readonly id: LegId;
  readonly dialog: SrfDialog;
  readonly agreement: SessionAgreement;
  readonly origin: LegOrigin;
  /** What the device has described last. */
  readonly remoteSdp: string | undefined;
  readonly clock: Clock;
  /** Asked anew each time, because another call may adopt the leg. */
  readonly listener: () => LegListener;
}

/** Who sends a dialog to the end has not to be heard any more (RFC 3261 12.2.1.2). */
const isOver = (status: number) => status === 481 || status === 408;

/** A leg from the moment it was answered. */
export class LegDialog {
  readonly #options: LegDialogOptions;
  readonly #timer: SessionTimer;
  readonly #referrals: Referrals;
  #remoteSdp: string | undefined;
  /** Their offer that waits for an answer. */
  #waiting: { readonly request: SrfRequest; readonly response: SrfResponder } | undefined;
  /** Offers of ours go one after another. */
  #offering: Promise<void> = Promise.resolve();
  #isOffering = false;
  #isEnded = false;

  constructor(options: LegDialogOptions) {
    this.#options = options;
    const { dialog, clock, agreement } = options;
    this.#remoteSdp = options.remoteSdp;
    this.#referrals = new Referrals(options.id, dialog, options.listener);
    this.#timer = new SessionTimer({ clock, refresh: () => this.#refresh(), expired: () => this.#lost() });
    dialog.on('destroy', (_request, reason) => this.#left(reason === 'normal release' ? 'hungUp' : 'lost'));
    dialog.on('modify', (request, response) => this.#offered(request, response));
    dialog.on('update', (request, response) => this.#offered(request, response));
    dialog.on('info', (request, response) => void this.#pass('INFO', request, response));
    dialog.on('message', (request, response) => void this.#pass('MESSAGE', request, response));
    dialog.on('refer', (request, response) => this.#referrals.refer(request, response));
    if (dialog.connected) this.#timer.start(agreement);
    else this.#left('hungUp');
    dialog.queueRequests = false;
  }

  hangUp(end: EndReason): void {
    if (this.#isEnded) return;
    this.#end();
    // Who does not answer a BYE is gone as well.
    this.#options.dialog.destroy({ headers: byeHeaders(end) }).catch(() => undefined);
  }

  lose(): void {
    this.hangUp('lost');
  }

  offer(offer: number, sdp: string, afterGlare: boolean): void {
    this.#inTurn(async () => {
      if (afterGlare) await this.#glarePause();
      const { status, body } = await this.#invite(this.#options.origin.describe(sdp));
      if (status === 200 && body !== '') {
        this.#remoteSdp = body;
        this.#tell({ type: 'answersOffer', legId: this.#options.id, offer, sdp: body });
      } else this.#tell({ type: 'refusesOffer', legId: this.#options.id, offer, isGlare: status === 491 });
    });
  }

  answer(sdp: string): void {
    const waiting = this.#waiting;
    const { origin, agreement } = this.#options;
    this.#waiting = undefined;
    const before = origin.last;
    const described = origin.describe(sdp);
    if (waiting !== undefined) {
      const { headers, agreement: agreed } = timerAnswer(waiting.request);
      waiting.response.send(200, { body: described, headers });
      this.#timer.start(waiting.request.has('Session-Expires') ? agreed : agreement);
    } else if (described !== before) {
      // They had answered an offer of ours that is not what the other one has answered now.
      this.#inTurn(async () => {
        const { status, body } = await this.#invite(described);
        if (status === 200) this.#remoteSdp = body;
      });
    }
  }

  refuseOffer(status: 488 | 491): void {
    this.#waiting?.response.send(status);
    this.#waiting = undefined;
  }

  reportTransfer(status: number): void {
    if (!this.#isEnded) this.#referrals.report(status);
  }

  async pass({ method, headers, body }: PassedRequest): Promise<number> {
    if (this.#isEnded) return 480;
    try {
      return (await this.#options.dialog.request({ method, headers, body })).status;
    } catch {
      return 480;
    }
  }

  async #pass(method: PassedRequest['method'], request: SrfRequest, response: SrfResponder): Promise<void> {
    const type = request.get('Content-Type');
    const info = request.get('Info-Package');
    const headers = {
      ...(type === undefined ? {} : { 'Content-Type': type }),
      ...(info === undefined ? {} : { 'Info-Package': info }),
    };
    const { id, listener } = this.#options;
    response.send(await listener().passed(id, { method, headers, body: request.body ?? '' }));
  }

  /** A re-INVITE or UPDATE: an offer, a sign of life, or an INVITE that wants an offer. */
  #offered(request: SrfRequest, response: SrfResponder): void {
    const { origin, id } = this.#options;
    const sdp = request.body ?? '';
    const agreed = timerAnswer(request);
    if (sdp === '' && request.method === 'UPDATE') {
      response.send(200, { headers: agreed.headers });
      this.#timer.refreshed();
    } else if (sdp === '' || (this.#remoteSdp !== undefined && saysTheSame(sdp, this.#remoteSdp))) {
      const repeated = sdp === '' ? this.#freshOffer(request) : (origin.last ?? '');
      response.send(200, { body: repeated, headers: agreed.headers });
      if (request.has('Session-Expires')) this.#timer.start(agreed.agreement);
      else this.#timer.refreshed();
    } else if (this.#waiting !== undefined) response.send(491);
    else {
      this.#waiting = { request, response };
      this.#remoteSdp = sdp;
      this.#tell({ type: 'offers', legId: id, sdp, holding: isHold(sdp) });
    }
  }

  /** For an INVITE without offer: all that we have, whatever hold there was; the ACK brings the answer. */
  #freshOffer(invite: SrfRequest): string {
    const { dialog, origin, id } = this.#options;
    onAckOf(dialog, invite, (sdp) => {
      if (sdp === '' || this.#remoteSdp === sdp) return;
      this.#remoteSdp = sdp;
      this.#tell({ type: 'offers', legId: id, sdp, holding: isHold(sdp) });
    });
    return origin.describe(withDirection(origin.last ?? '', 'sendrecv'));
  }

  async #invite(sdp: string): Promise<{ readonly status: number; readonly body: string }> {
    const { dialog } = this.#options;
    const headers: SipHeaders = { ...timerRequest(), Supported: 'timer, replaces' };
    try {
      const response = await dialog.request({ method: 'INVITE', body: sdp, headers });
      if (isOver(response.status)) this.#lost();
      else if (response.status === 200) this.#timer.start(timerAgreement(response));
      return { status: response.status, body: response.body ?? '' };
    } catch {
      this.#lost();
      return { status: 481, body: '' };
    }
  }

  /** The sign of life: the same description once more. */
  #refresh(): void {
    const { last } = this.#options.origin;
    // What is under way is a sign of life itself.
    if (last === undefined || this.#isOffering || this.#waiting !== undefined) return;
    this.#inTurn(async () => {
      await this.#invite(last);
    });
  }

  #inTurn(act: () => Promise<void>): void {
    this.#offering = this.#offering.then(async () => {
      if (this.#isEnded) return;
      this.#isOffering = true;
      await act();
      this.#isOffering = false;
    });
  }

  /** Who owns the Call-ID waits longer, so that the two do not meet again (RFC 3261 14.1). */
  #glarePause(): Promise<void> {
    const { clock, dialog } = this.#options;
    const pauseMs = dialog.type === 'uac' ? randomInt(2_100, 4_000) : randomInt(2_000);
    return new Promise((resolve) => void clock.after(pauseMs, resolve));
  }

  #lost(): void {
    if (this.#isEnded) return;
    this.hangUp('lost');
    this.#tell({ type: 'leaves', legId: this.#options.id, reason: 'lost' });
  }

  #left(reason: 'hungUp' | 'lost'): void {
    if (this.#isEnded) return;
    this.#end();
    this.#tell({ type: 'leaves', legId: this.#options.id, reason });
  }

  #end(): void {
    this.#isEnded = true;
    this.#timer.stop();
    this.#waiting?.response.send(487);
    this.#waiting = undefined;
    this.#options.listener().closed(this.#options.id);
  }

  #tell(event: Parameters<LegListener['event']>[0]): void {
    this.#options.listener().event(event);
  }
}
