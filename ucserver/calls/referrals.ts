import type { LegId } from '#shared/ids.ts';
import type { SrfDialog, SrfRequest, SrfResponder } from '#ucserver/sip/index.ts';
import type { DialogName, LegListener } from './leg.ts';

/** Header in which a leg host names the leg behind a dialog that a REFER of its device replaces. */
export const replacedLegHeader = 'X-UCMesh-Replaced-Leg';

const words: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  200: 'OK',
  403: 'Forbidden',
  404: 'Not Found',
  480: 'Temporarily Unavailable',
  486: 'Busy Here',
  603: 'Decline',
};

/** The transfers a device has asked for within one dialog, and what it is told of them (RFC 3515, RFC 4488). */
export class Referrals {
  readonly #legId: LegId;
  readonly #dialog: SrfDialog;
  readonly #listener: () => LegListener;
  /** The subscription that the last REFER made; undefined: nobody is to be told. */
  #event: string | undefined;

  constructor(legId: LegId, dialog: SrfDialog, listener: () => LegListener) {
    this.#legId = legId;
    this.#dialog = dialog;
    this.#listener = listener;
  }

  refer(request: SrfRequest, response: SrfResponder): void {
    const target = readReferTo(request.get('Refer-To') ?? '');
    if (target === undefined) {
      response.send(400, 'Malformed Refer-To');
      return;
    }
    const wantsNews = !/^\s*false/i.test(request.get('Refer-Sub') ?? '');
    const { seq } = request.getParsedHeader('cseq');
    this.#listener().referred(this.#legId, {
      ...target,
      replacedLeg: request.get(replacedLegHeader),
      accept: () => {
        this.#event = wantsNews ? `refer;id=${seq}` : undefined;
        response.send(202, { headers: wantsNews ? {} : { 'Refer-Sub': 'false' } });
      },
      refuse: (status) => response.send(status),
    });
  }

  /** A final status ends the subscription. */
  report(status: number): void {
    const event = this.#event;
    if (event === undefined) return;
    if (status >= 200) this.#event = undefined;
    const headers = {
      Event: event,
      'Subscription-State': status < 200 ? 'active;expires=60' : 'terminated;reason=noresource',
      'Content-Type': 'message/sipfrag;version=2.0',
    };
    const body = `SIP/2.0 ${status} ${words[status] ?? 'Unknown'}\r\n`;
    // What becomes of the call does not depend on whether the device hears of it.
    this.#dialog.request({ method: 'NOTIFY', headers, body }).catch(() => undefined);
  }
}

/** Pure: whom a Refer-To names, and the dialog it replaces. @returns undefined when it is no SIP or tel URI */
export function readReferTo(value: string): { readonly uri: string; readonly replaces: DialogName | undefined } | undefined {
  const whole = /<([^>]*)>/.exec(value)?.[1] ?? value.trim();
  const [uri = '', query = ''] = whole.split('?', 2);
  if (!/^(?:sips?|tel):\S{1,256}$/i.test(uri) || /[\r\n|]/.test(whole)) return undefined;
  const parameter = query.split('&').find((each) => /^replaces=/i.test(each));
  const replaces = parameter === undefined ? undefined : readReplaces(decoded(parameter.slice('replaces='.length)));
  return { uri, replaces };
}

/** Pure: reads a Replaces header. `localTag` is that of who receives it (RFC 3891 3). */
export function readReplaces(value: string): DialogName | undefined {
  const [callId = '', ...parameters] = value.split(';').map((each) => each.trim());
  const named = new Map(parameters.map((each) => [each.split('=')[0]?.toLowerCase(), each.slice(each.indexOf('=') + 1)]));
  const localTag = named.get('to-tag');
  const remoteTag = named.get('from-tag');
  return callId === '' || localTag === undefined || remoteTag === undefined ? undefined : { callId, localTag, remoteTag };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
