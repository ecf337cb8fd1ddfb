import type { Clock, Timer } from '#shared/runtime/clock.ts';
import { Headers, type ReceivedResponse, type RequestLine, type SipMessage } from '../message/message.ts';
import { messageText } from '../message/writer.ts';
import type { Flow } from '../transport/flow.ts';
import { Retransmission } from './retransmission.ts';
import { lifetimeMs, type TimerValues } from './timers.ts';

export type ClientState = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated';

/** What becomes of a request. */
export interface ClientEvents {
  /** Each answer but repeated ones; of an INVITE also each further 2xx. */
  onResponse(response: ReceivedResponse, flow: Flow): void;
  /** No final answer will come: none came in time, or the connection broke. */
  onFailure(failure: 'timeout' | 'transport'): void;
  onTerminated(): void;
}

export interface ClientTransactionOptions {
  /** With its Via on top. */
  readonly request: SipMessage<RequestLine>;
  /** The request as text. */
  readonly text: string;
  readonly flow: Flow;
  readonly clock: Clock;
  readonly timers: TimerValues;
  readonly events: ClientEvents;
}

/** The client side of a transaction: INVITE by RFC 3261 17.1.1 as changed by RFC 6026, others by 17.1.2. */
export class ClientTransaction {
  readonly request: SipMessage<RequestLine>;
  readonly flow: Flow;
  readonly #clock: Clock;
  readonly #timers: TimerValues;
  readonly #events: ClientEvents;
  readonly #text: string;
  #state: ClientState = 'calling';
  #ack: string | undefined;
  #retransmission: Retransmission | undefined;
  #end: Timer | undefined;

  constructor({ request, text, flow, clock, timers, events }: ClientTransactionOptions) {
    this.request = request;
    this.flow = flow;
    this.#clock = clock;
    this.#timers = timers;
    this.#events = events;
    this.#text = text;
  }

  get state(): ClientState {
    return this.#state;
  }

  get isInvite(): boolean {
    return this.request.start.method === 'INVITE';
  }

  /** Sends the request; failures are told later, never from within this call. */
  start(): void {
    const { t1Ms, t2Ms } = this.#timers;
    this.flow.send(this.#text);
    if (!this.flow.isReliable) {
      const longestMs = this.isInvite ? Number.POSITIVE_INFINITY : t2Ms;
      this.#retransmission = new Retransmission(this.#clock, t1Ms, longestMs, () => this.flow.send(this.#text));
    }
    this.#end = this.#clock.after(lifetimeMs(this.#timers), () => this.fail('timeout'));
  }

  received(response: ReceivedResponse, flow: Flow): void {
    const { status } = response.start;
    if (this.#state === 'calling' || this.#state === 'proceeding') {
      if (status < 200) this.#proceed();
      else if (!this.isInvite) this.#complete(this.flow.isReliable ? 0 : this.#timers.t4Ms);
      else if (status < 300) this.#accept();
      else this.#acknowledge(response);
      this.#events.onResponse(response, flow);
      return;
    }
    if (this.#state === 'accepted' && status >= 200 && status < 300) this.#events.onResponse(response, flow);
    else if (this.#state === 'completed' && status >= 300 && this.#ack !== undefined) this.flow.send(this.#ack);
  }

  /** No answer will come any more: the connection broke, or somebody else's patience has ended. */
  fail(failure: 'timeout' | 'transport'): void {
    if (this.#state !== 'calling' && this.#state !== 'proceeding') return;
    this.#stop();
    this.#events.onFailure(failure);
  }

  /** Forgets it without another word. */
  terminate(): void {
    if (this.#state !== 'terminated') this.#stop();
  }

  /** An INVITE that rings may do so for as long as its callers want. */
  #proceed(): void {
    this.#state = 'proceeding';
    if (this.isInvite) {
      this.#retransmission?.stop();
      this.#end?.stop();
    } else this.#retransmission?.slowDown();
  }

  #accept(): void {
    this.#state = 'accepted';
    this.#endAfter(lifetimeMs(this.#timers));
  }

  #acknowledge(response: ReceivedResponse): void {
    this.#ack = messageText(ackOf(this.request, response));
    this.flow.send(this.#ack);
    this.#complete(this.flow.isReliable ? 0 : lifetimeMs(this.#timers));
  }

  #complete(lingerMs: number): void {
    this.#state = 'completed';
    this.#endAfter(lingerMs);
  }

  #endAfter(ms: number): void {
    this.#retransmission?.stop();
    this.#end?.stop();
    if (ms === 0) this.#stop();
    else this.#end = this.#clock.after(ms, () => this.#stop());
  }

  #stop(): void {
    this.#state = 'terminated';
    this.#retransmission?.stop();
    this.#end?.stop();
    this.#events.onTerminated();
  }
}

/** The ACK to a refusal, part of the INVITE's own transaction (RFC 3261 17.1.1.3). */
function ackOf(request: SipMessage<RequestLine>, response: ReceivedResponse): SipMessage {
  const headers = sameTransaction(request, 'ACK');
  headers.set('To', response.headers.get('To') ?? '');
  return { start: { kind: 'request', method: 'ACK', uri: request.start.uri }, headers, body: '' };
}

/** The CANCEL of an INVITE (RFC 3261 9.1). */
export function cancelOf(
  request: SipMessage<RequestLine>,
  extra: readonly (readonly [string, string])[],
): SipMessage<RequestLine> {
  const headers = sameTransaction(request, 'CANCEL');
  for (const [name, value] of extra) headers.add(name, value);
  return { start: { kind: 'request', method: 'CANCEL', uri: request.start.uri }, headers, body: '' };
}

function sameTransaction({ headers }: SipMessage, method: string): Headers {
  const same = new Headers();
  same.add('Via', headers.get('Via') ?? '');
  for (const route of headers.all('Route')) same.add('Route', route);
  for (const name of ['Max-Forwards', 'From', 'To', 'Call-ID'] as const) {
    const value = headers.get(name);
    if (value !== undefined) same.add(name, value);
  }
  same.add('CSeq', `${Number.parseInt(headers.get('CSeq') ?? '', 10)} ${method}`);
  return same;
}
