import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { SipHeaders, SrfMessage } from '#ucserver/sip/index.ts';

/** How long a dialog holds without a sign of life: the shortest that RFC 4028 allows, so that nobody talks to a dead server for long. */
export const sessionSeconds = 90;

/** What was agreed about a dialog. */
export interface SessionAgreement {
  readonly seconds: number;
  /** We send the sign of life. */
  readonly isOurs: boolean;
}

/** What an INVITE of ours asks for. @param seconds more, where the other side has said that it wants more */
export function timerRequest(seconds = sessionSeconds): SipHeaders {
  return { 'Session-Expires': `${seconds};refresher=uas`, 'Min-SE': String(seconds) };
}

/** Pure: what is agreed by our answer to an INVITE, and what that answer says (RFC 4028 9). */
export function timerAnswer(invite: Pick<SrfMessage, 'get'>): {
  readonly agreement: SessionAgreement;
  readonly headers: SipHeaders;
} {
  const supports = /(^|[\s,])timer([\s,]|$)/i.test(`${invite.get('Supported') ?? ''},${invite.get('Require') ?? ''}`);
  const least = Number.parseInt(invite.get('Min-SE') ?? '', 10) || 0;
  const seconds = Math.max(sessionSeconds, least);
  // Who does not know of timers is asked by us, as often as needed, and told nothing of it.
  if (!supports) return { agreement: { seconds, isOurs: true }, headers: {} };
  const isOurs = /;\s*refresher\s*=\s*uas/i.test(invite.get('Session-Expires') ?? '');
  return {
    agreement: { seconds, isOurs },
    headers: { 'Session-Expires': `${seconds};refresher=${isOurs ? 'uas' : 'uac'}`, Require: 'timer' },
  };
}

/** Pure: what was agreed by the answer to an INVITE of ours (RFC 4028 7.2). */
export function timerAgreement(answer: Pick<SrfMessage, 'get'>): SessionAgreement {
  const value = answer.get('Session-Expires') ?? '';
  const seconds = Number.parseInt(value, 10);
  if (!Number.isInteger(seconds) || seconds < sessionSeconds) return { seconds: sessionSeconds, isOurs: true };
  return { seconds, isOurs: !/;\s*refresher\s*=\s*uas/i.test(value) };
}

export interface SessionTimerOptions {
  readonly clock: Clock;
  /** Sends the sign of life; the answer begins the time anew by {@link SessionTimer.refreshed}. */
  readonly refresh: () => void;
  /** Nothing was heard in time. */
  readonly expired: () => void;
}

/** Watches over one dialog. */
export class SessionTimer {
  readonly #options: SessionTimerOptions;
  #agreement: SessionAgreement | undefined;
  #refresh: Timer | undefined;
  #expiry: Timer | undefined;

  constructor(options: SessionTimerOptions) {
    this.#options = options;
  }

  /** Begins, or begins anew under another agreement. */
  start(agreement: SessionAgreement): void {
    this.#agreement = agreement;
    this.refreshed();
  }

  /** The other side has shown that it is there. */
  refreshed(): void {
    const { clock, refresh, expired } = this.#options;
    const agreement = this.#agreement;
    if (agreement === undefined) return;
    this.#clear();
    const wholeMs = agreement.seconds * 1_000;
    if (agreement.isOurs) this.#refresh = clock.after(wholeMs / 2, refresh);
    // A third earlier, or 32 s, so that both sides end alike (RFC 4028 10).
    this.#expiry = clock.after(wholeMs - Math.min(32_000, wholeMs / 3), expired);
  }

  stop(): void {
    this.#agreement = undefined;
    this.#clear();
  }

  #clear(): void {
    this.#refresh?.stop();
    this.#expiry?.stop();
  }
}
