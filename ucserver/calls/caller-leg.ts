import type { LegId } from '#shared/ids.ts';
import type { CallRefusal } from '#shared/protocol/calls.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { SrfApplication, SrfRequest, SrfResponder } from '#ucserver/sip/index.ts';
import type { EndReason } from './call.ts';
import { acceptInvite } from './dialogs.ts';
import type { DialogName, LegListener, LegPort, PassedRequest } from './leg.ts';
import { LegDialog } from './leg-dialog.ts';
import { LegOrigin } from './leg-origin.ts';
import { timerAnswer } from './session-timer.ts';
import { refusalOf } from './sip-words.ts';

export interface CallerLegOptions {
  readonly id: LegId;
  readonly request: SrfRequest;
  readonly response: SrfResponder;
  readonly application: SrfApplication;
  readonly clock: Clock;
  readonly listener: LegListener;
}

/** A leg whose device has sent the INVITE. */
export class CallerLeg implements LegPort {
  readonly id: LegId;
  listener: LegListener;
  readonly #options: CallerLegOptions;
  readonly #origin = new LegOrigin();
  /** Once it was accepted; what is done before the dialog is there waits for it. */
  #accepted: Promise<LegDialog | undefined> | undefined;
  #name: DialogName | undefined;
  #isOver = false;

  constructor(options: CallerLegOptions) {
    this.id = options.id;
    this.listener = options.listener;
    this.#options = options;
    options.request.on('cancel', () => this.#left('hungUp'));
    // A new offer before there is an answer (RFC 3311 5.2).
    options.request.on('update', (request, response) => response.send((request.body ?? '') === '' ? 200 : 491));
  }

  get dialogName(): DialogName | undefined {
    return this.#name;
  }

  invite(): void {
    // It has come by itself.
  }

  ring(sdp: string | undefined): void {
    if (this.#isOver || this.#accepted !== undefined) return;
    const { response } = this.#options;
    if (sdp === undefined) response.send(180);
    else response.send(183, { body: this.#origin.describe(sdp) });
  }

  accept(sdp: string | undefined): void {
    if (!this.#isOver) this.#accepted ??= this.#accept(sdp);
  }

  refuse(end: EndReason, refusal?: CallRefusal): void {
    if (this.#isOver || this.#accepted !== undefined) return;
    const { status, reason, headers } = refusalOf(end, refusal);
    this.#options.response.send(status, reason, { headers });
    this.#close();
  }

  cancel(end: EndReason): void {
    this.refuse(end);
  }

  hangUp(end: EndReason): void {
    if (this.#accepted === undefined) this.refuse(end);
    else this.#then((dialog) => dialog.hangUp(end));
  }

  complete(): void {
    // It had made the offer, or answers ours by itself.
  }

  offer(offer: number, sdp: string, afterGlare: boolean): void {
    this.#then((dialog) => dialog.offer(offer, sdp, afterGlare));
  }

  answer(sdp: string): void {
    this.#then((dialog) => dialog.answer(sdp));
  }

  refuseOffer(status: 488 | 491): void {
    this.#then((dialog) => dialog.refuseOffer(status));
  }

  reportTransfer(status: number): void {
    this.#then((dialog) => dialog.reportTransfer(status));
  }

  async pass(request: PassedRequest): Promise<number> {
    const dialog = await this.#accepted;
    return dialog === undefined ? 480 : await dialog.pass(request);
  }

  lose(): void {
    this.#left('lost');
    this.#then((dialog) => dialog.lose());
  }

  async #accept(sdp: string | undefined): Promise<LegDialog | undefined> {
    const { application, request, response, clock } = this.#options;
    const { agreement, headers } = timerAnswer(request);
    const hadOffer = (request.body ?? '') !== '';
    const localSdp = sdp === undefined ? undefined : this.#origin.describe(sdp);
    try {
      const options = { headers: { ...headers, ...allowed }, ...(localSdp === undefined ? {} : { localSdp }) };
      const dialog = await acceptInvite(application, request, response, options);
      this.#name = dialog.sip;
      if (!hadOffer) dialog.once('ack', ({ body }) => this.#acknowledged(body ?? ''));
      const common = { id: this.id, dialog, agreement, origin: this.#origin, clock, listener: () => this.listener };
      return new LegDialog({ ...common, remoteSdp: hadOffer ? request.body : undefined });
    } catch {
      this.#left('hungUp');
      return undefined;
    }
  }

  #acknowledged(sdp: string): void {
    if (sdp !== '') this.listener.event({ type: 'acknowledges', legId: this.id, sdp });
    else this.hangUp('notAcceptable');
  }

  #then(act: (dialog: LegDialog) => void): void {
    void this.#accepted?.then((dialog) => dialog && act(dialog));
  }

  #left(reason: 'hungUp' | 'lost'): void {
    if (this.#isOver) return;
    this.#close();
    this.listener.event({ type: 'leaves', legId: this.id, reason });
  }

  #close(): void {
    this.#isOver = true;
    this.listener.closed(this.id);
  }
}

/** What a device may do in a dialog with us. */
export const allowed = {
  Allow: 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, MESSAGE',
  Supported: 'timer, replaces, norefersub',
} as const;
