import type { IncarnationId } from '#shared/ids.ts';
import type { SrfDialog, SrfRequest, SrfResponder, SrfResponse } from '#ucserver/sip/index.ts';
import { onAckOf } from './acks.ts';
import type { DialogName } from './leg.ts';
import { type LegAddress, type LegOrder, legAddressText } from './leg-header.ts';
import { readReferTo, replacedLegHeader } from './referrals.ts';
import { picked } from './relayed-headers.ts';

export interface RelayedDialogsOptions {
  /** Towards the server that owns the call. */
  readonly owner: SrfDialog;
  /** Towards the device. */
  readonly device: SrfDialog;
  readonly order: LegOrder;
  /** The leg behind a dialog of a device of this edge. */
  readonly legOf: (name: DialogName) => LegAddress | undefined;
  readonly onEnd: () => void;
}

const relayed = ['modify', 'update', 'info', 'message', 'refer', 'notify', 'options'] as const;
const requestHeaders = [
  ...['Content-Type', 'Info-Package', 'Refer-To', 'Referred-By', 'Refer-Sub', 'Event', 'Subscription-State', 'Session-Expires'],
  ...['Min-SE', 'Supported', 'Require', 'Reason', 'Allow'],
];
const answerHeaders = [
  ...[
    'Content-Type',
    'Session-Expires',
    'Min-SE',
    'Require',
    'Supported',
    'Retry-After',
    'Refer-Sub',
    'Reason',
    'Allow',
    'Accept',
  ],
  'Warning',
];

/** The two dialogs of a leg that is hosted for another server: what comes in one goes into the other. */
export class RelayedDialogs {
  readonly #options: RelayedDialogsOptions;
  #isEnded = false;

  constructor(options: RelayedDialogsOptions) {
    this.#options = options;
  }

  /** The server that owns the call. */
  get owner(): IncarnationId {
    return this.#options.order.owner;
  }

  get order(): LegOrder {
    return this.#options.order;
  }

  get deviceDialog(): SrfDialog {
    return this.#options.device;
  }

  start(): void {
    const { owner, device } = this.#options;
    this.#join(owner, device);
    this.#join(device, owner);
    owner.queueRequests = false;
    device.queueRequests = false;
    // One may have ended while the other was made.
    if (!owner.connected) void this.#end(device);
    else if (!device.connected) void this.#end(owner);
  }

  /** The one side is gone without a word: the other is told. */
  ownerGone(): void {
    void this.#end(this.#options.device, { Reason: 'SIP;cause=503;text="Service Unavailable"' });
  }

  /** Both sides are told that it is over. */
  hangUp(): void {
    const { owner, device } = this.#options;
    const headers = { Reason: 'SIP;cause=503;text="Service Unavailable"' };
    if (!this.#isEnded) owner.destroy({ headers }).catch(() => undefined);
    void this.#end(device, headers);
  }

  /** Both are gone. */
  forget(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.onEnd();
  }

  #join(from: SrfDialog, to: SrfDialog): void {
    from.on('destroy', (request) => void this.#end(to, picked(request, ['Reason'])));
    for (const event of relayed) from.on(event, (request, response) => void this.#relay(request, response, from, to));
  }

  async #relay(request: SrfRequest, response: SrfResponder, from: SrfDialog, to: SrfDialog): Promise<void> {
    const { method, body = '' } = request;
    const headers = { ...picked(request, requestHeaders), ...this.#resolved(request, from) };
    const options = { method, headers, ...(body === '' ? {} : { body }) };
    try {
      if (method === 'INVITE' && body === '') this.#relayWithoutOffer(request, options, response, from, to);
      else answer(response, await to.request(options));
    } catch {
      response.send(this.#isEnded ? 481 : 408);
    }
  }

  /** The answer brings the offer, and the ACK the answer to it. */
  #relayWithoutOffer(
    request: SrfRequest,
    options: { method: string; headers: Readonly<Record<string, string>> },
    response: SrfResponder,
    from: SrfDialog,
    to: SrfDialog,
  ): void {
    to.request({ ...options, noAck: true }, (error, offered, ack) => {
      if (error !== null || offered === undefined) {
        response.send(408);
        return;
      }
      if (ack !== undefined) onAckOf(from, request, (body) => ack(body === '' ? {} : { body }));
      answer(response, offered);
    });
  }

  /** Only we know which leg of which call stands behind another dialog of our device. */
  #resolved(request: SrfRequest, from: SrfDialog): Readonly<Record<string, string>> {
    const { device, legOf } = this.#options;
    if (request.method !== 'REFER' || from !== device) return {};
    const replaces = readReferTo(request.get('Refer-To') ?? '')?.replaces;
    const leg = replaces === undefined ? undefined : legOf(replaces);
    return leg === undefined ? {} : { [replacedLegHeader]: legAddressText(leg) };
  }

  async #end(dialog: SrfDialog, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.onEnd();
    try {
      await dialog.destroy({ headers });
    } catch {
      // It has ended at the same time.
    }
  }
}

function answer(response: SrfResponder, answered: SrfResponse): void {
  const { status, reason, body = '' } = answered;
  response.send(status, reason, { headers: picked(answered, answerHeaders), ...(body === '' ? {} : { body }) });
}
