import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Dialogs } from '../dialog/dialogs.ts';
import { hostText } from '../message/uri.ts';
import type { TimerValues } from '../transaction/timers.ts';
import type { Transactions } from '../transaction/transactions.ts';
import type { NameSource } from '../transport/dns.ts';
import type { ListenerAddress } from '../transport/flow.ts';
import type { FlowCache } from '../transport/flow-cache.ts';
import type { Transports } from '../transport/transports.ts';
import type { ControlClient } from './control-client.ts';
import type { LineOptions, SipEvent } from './lines.ts';
import { sipEvent } from './lines.ts';

/** What all parts of the edge that stand between network and applications share. */
export interface EdgeContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timers: TimerValues;
  /** Imitates what an application has to live with on drachtio-server. */
  readonly strict: boolean;
  readonly transports: Transports;
  readonly transactions: Transactions;
  readonly dialogs: Dialogs;
  readonly flows: FlowCache;
  readonly names: NameSource;
  /** Whose turn it is to get a new request of this method. */
  readonly choose: (method: string) => ControlClient | undefined;
}

export function lineOptions({ strict, clock }: EdgeContext): LineOptions {
  return { strict, wallMs: clock.wallMs() };
}

export function tell(context: EdgeContext, client: ControlClient, event: SipEvent): void {
  client.send(sipEvent(event, lineOptions(context)));
}

/** `host:port` as it stands in Via and Contact of what we send from this listener. */
export function sentBy({ advertised, port }: ListenerAddress): string {
  return `${hostText(advertised)}:${port}`;
}

/** Our Contact on this listener. */
export function ownContact(listener: ListenerAddress): string {
  const transport = listener.protocol === 'udp' ? '' : `;transport=${listener.protocol}`;
  return `<sip:${sentBy(listener)}${transport}>`;
}
