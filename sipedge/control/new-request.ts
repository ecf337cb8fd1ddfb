import type { ReceivedRequest } from '../message/message.ts';

/** Methods of which a request outside a dialog goes to an application. */
const delivered = ['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'INFO', 'NOTIFY', 'SUBSCRIBE', 'PUBLISH'];
/** Methods that mean nothing outside a dialog. */
const inDialogOnly = ['BYE', 'UPDATE', 'PRACK'];
const allowed = [...delivered, ...inDialogOnly, 'ACK', 'CANCEL', 'REFER'].join(', ');

/** Extensions a request may insist on: the edge or an application can know them. */
const extensions = new Set([
  ...['100rel', 'answermode', 'eventlist', 'from-change', 'gruu', 'histinfo', 'join', 'multiple-refer', 'norefersub', 'nosub'],
  ...['outbound', 'path', 'precondition', 'pref', 'privacy', 'replaces', 'resource-priority', 'sdp-anat', 'tdialog', 'timer'],
]);

/** With what a request is refused. */
export interface Problem {
  readonly status: number;
  readonly reason: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/**
 * Why a request outside a dialog does not reach an application, if it does not.
 *
 * @param strict as drachtio-server does: REFER and unknown methods are dropped without an answer
 * @param isWanted whether an application has asked for this method
 */
export function newRequestProblem(
  { start: { method }, headers }: ReceivedRequest,
  strict: boolean,
  isWanted: (method: string) => boolean,
): Problem | 'drop' | undefined {
  if (inDialogOnly.includes(method)) return { status: 481, reason: 'Call/Transaction Does Not Exist' };
  if (!delivered.includes(method)) {
    if (strict) return 'drop';
    if (!isWanted(method)) return { status: 405, reason: 'Method Not Allowed', headers: [['Allow', allowed]] };
  }
  const unknown = headers
    .all('Require')
    .flatMap((value) => value.split(','))
    .map((option) => option.trim())
    .filter((option) => option !== '' && !extensions.has(option.toLowerCase()));
  if (unknown.length > 0) return { status: 420, reason: 'Bad Extension', headers: [['Unsupported', unknown.join(', ')]] };
  return undefined;
}
