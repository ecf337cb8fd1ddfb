import type { CallView } from '#shared/protocol/calls.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import { UCError } from '#web/api/index.ts';
import type { Words } from '#web/ui/text.ts';

/** The other one of a call: name, else number. */
export function partyName({ name, number }: CallParty, { liveCalls }: Words['text']): string {
  return name ?? number ?? liveCalls.withheld;
}

/** How a call stands. */
export function stateWords(call: CallView, text: Words['text']): string {
  const { liveCalls: words } = text;
  if (call.phase === 'ended') return call.refusal === undefined ? words.ends[call.end ?? 'hungUp'] : words.refusals[call.refusal];
  if (call.transferringTo !== undefined) return words.transferringTo(partyName(call.transferringTo, text));
  if (call.phase === 'connected') return call.holding ? words.holding : call.held ? words.held : words.phases.connected;
  if (call.phase === 'preparing') return words.phases.preparing;
  return call.direction === 'incoming' ? words.phases.ringingIn : words.phases.ringingOut;
}

/** Why somebody cannot be called; undefined when the error says it itself. */
export function refusalWords(error: unknown, { liveCalls }: Words['text']): string | undefined {
  if (!(error instanceof UCError) || error.code !== 'CALL_REFUSED') return undefined;
  const reason = error.details?.reason;
  return typeof reason === 'string' && reason in liveCalls.refusals
    ? liveCalls.refusals[reason as keyof typeof liveCalls.refusals]
    : undefined;
}
