import type { CallRefusal } from '#shared/protocol/calls.ts';
import type { SipHeaders } from '#ucserver/sip/index.ts';
import type { EndReason } from './call.ts';

/** Pure: the SIP codes and words for why a leg ends, and back (RFC 3261 21, RFC 3326, causes of ITU-T Q.850). */

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
}

const refusals: Readonly<Record<EndReason, readonly [status: number, words: string, cause: number]>> = {
  hungUp: [480, 'Temporarily Unavailable', 16],
  callerLeft: [487, 'Request Terminated', 16],
  completedElsewhere: [487, 'Request Terminated', 16],
  busy: [486, 'Busy Here', 17],
  declined: [603, 'Decline', 21],
  noAnswer: [480, 'No Answer', 19],
  unreachable: [480, 'Temporarily Unavailable', 20],
  notAcceptable: [488, 'Not Acceptable Here', 88],
  refused: [403, 'Forbidden', 21],
  transferred: [487, 'Request Terminated', 16],
  lost: [503, 'Service Unavailable', 41],
};

/** Of calls that may not be made, or not now. */
const forbidden: Readonly<Record<CallRefusal, readonly [status: number, words: string, cause: number]>> = {
  noDevice: [480, 'No Device', 20],
  unknownNumber: [404, 'Not Found', 1],
  notAllowed: [403, 'Not Allowed To Call This Person', 21],
  tooManyCalls: [403, 'Too Many Calls', 21],
  unreachable: [480, 'Temporarily Unavailable', 20],
  classOfService: [403, 'Class Of Service Does Not Allow This', 21],
  nightLock: [403, 'Locked At This Time', 21],
  noLine: [503, 'No Line Free', 34],
};

/** The final answer to an INVITE that is refused. */
export function refusalOf(end: EndReason, refusal?: CallRefusal): Refusal {
  const [status, reason, cause] = refusal === undefined ? refusals[end] : forbidden[refusal];
  return { status, reason, headers: { Reason: `Q.850;cause=${cause};text="${reason}"` } };
}

/** What a CANCEL says: phones that hear of a call taken elsewhere show no missed call. */
export function cancelHeaders(end: EndReason): SipHeaders {
  if (end === 'completedElsewhere') return { Reason: 'SIP;cause=200;text="Call completed elsewhere"' };
  if (end === 'declined') return { Reason: 'SIP;cause=603;text="Decline"' };
  return {};
}

/** What a BYE says. */
export function byeHeaders(end: EndReason): SipHeaders {
  const [status, words, cause] = refusals[end];
  if (end === 'hungUp' || end === 'transferred' || end === 'callerLeft') return { Reason: 'Q.850;cause=16;text="Terminated"' };
  if (end === 'completedElsewhere') return cancelHeaders(end);
  return { Reason: `SIP;cause=${status};text="${words}", Q.850;cause=${cause}` };
}

/** Why a device did not take the call. @param rang it had begun to ring */
export function reasonOf(status: number, rang: boolean): EndReason {
  if (status === 486 || status === 600) return 'busy';
  if (status === 603 || status === 607 || status === 608) return 'declined';
  if (status === 488 || status === 606 || status === 415) return 'notAcceptable';
  if ((status === 480 || status === 487 || status === 408) && rang) return 'noAnswer';
  return 'unreachable';
}

/** Whether another way to the same device is worth a try: this one seems gone. */
export function isWayGone(status: number): boolean {
  return status === 408 || status === 430 || status === 410 || status === 503;
}
