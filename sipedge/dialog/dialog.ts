import { listOf, parseAddress } from '../message/address.ts';
import { Headers, type ReceivedRequest, type ReceivedResponse, type RequestLine, type SipMessage } from '../message/message.ts';
import { parseSipUri } from '../message/uri.ts';
import type { Flow, ListenerAddress } from '../transport/flow.ts';
import type { AwaitedAck } from './awaited-ack.ts';

/** Who, of those on the control port, a dialog belongs to. */
export type Owner = object;

/** An INVITE of ours that was answered 2xx and is to be acknowledged by the application. */
export interface AnsweredInvite {
  readonly seq: number;
  /** Sends the ACK again, once it was sent: each repeated 2xx is answered by it. */
  resendAck: (() => void) | undefined;
  /** It was cancelled too late: once acknowledged it is ended. */
  readonly isUnwanted: boolean;
}

export interface DialogOptions {
  readonly side: 'uas' | 'uac';
  readonly usage: 'INVITE' | 'SUBSCRIBE';
  readonly owner: Owner;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** The From of our requests and the To, with their tags. */
  readonly localValue: string;
  readonly remoteValue: string;
  readonly localSeq: number;
  /** Highest number heard of the peer; undefined before its first request. */
  readonly remoteSeq: number | undefined;
  readonly routes: readonly string[];
  readonly remoteTarget: string;
  /** A way on which the peer was heard, for who cannot be reached by its Contact. */
  readonly flow: Flow | undefined;
  readonly listener: ListenerAddress;
  readonly localContact: string;
}

/** One dialog (RFC 3261 12). */
export class Dialog {
  readonly side: 'uas' | 'uac';
  readonly usage: 'INVITE' | 'SUBSCRIBE';
  readonly owner: Owner;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly listener: ListenerAddress;
  readonly routes: readonly string[];
  readonly #localValue: string;
  readonly #remoteValue: string;
  isConfirmed = false;
  remoteTarget: string;
  localContact: string;
  flow: Flow | undefined;
  /** The last INVITE of ours in it that was answered 2xx. */
  answered: AnsweredInvite | undefined;
  /** 2xx of ours whose ACK has not come yet, by the number of their INVITE. */
  readonly awaitedAcks = new Map<number, AwaitedAck>();
  /** Highest RSeq heard, so that a repeated reliable answer is told apart. */
  remoteRSeq = 0;
  /** An INVITE of ours inside the dialog has no final answer yet. */
  isInviting = false;
  /** An INVITE of the peer has no final answer yet. */
  isInvited = false;
  #localSeq: number;
  #remoteSeq: number | undefined;

  constructor(options: DialogOptions) {
    this.side = options.side;
    this.usage = options.usage;
    this.owner = options.owner;
    this.callId = options.callId;
    this.localTag = options.localTag;
    this.remoteTag = options.remoteTag;
    this.#localValue = options.localValue;
    this.#remoteValue = options.remoteValue;
    this.#localSeq = options.localSeq;
    this.#remoteSeq = options.remoteSeq;
    this.routes = options.routes;
    this.remoteTarget = options.remoteTarget;
    this.flow = options.flow;
    this.listener = options.listener;
    this.localContact = options.localContact;
  }

  /** What the application knows it by: the tag is the one in From of the request that made it. */
  get id(): string {
    return dialogId(this.callId, this.side === 'uas' ? this.remoteTag : this.localTag);
  }

  /** Takes note of a number of the peer. @returns false when it is not higher than those before: the request is out of order */
  advance(seq: number): boolean {
    if (this.#remoteSeq !== undefined && seq <= this.#remoteSeq) return false;
    this.#remoteSeq = seq;
    return true;
  }

  /** The next number of ours, or the wanted one if it is free. */
  nextSeq(wanted?: number): number {
    this.#localSeq = wanted !== undefined && wanted > this.#localSeq ? wanted : this.#localSeq + 1;
    return this.#localSeq;
  }

  /** The peer may name another Contact with each INVITE, UPDATE, SUBSCRIBE, NOTIFY and their 2xx (RFC 3261 12.2, RFC 6665). */
  refresh(message: SipMessage, flow: Flow): void {
    const contact = contactUri(message.headers);
    if (contact !== undefined) this.remoteTarget = contact;
    if (flow.isReliable || this.flow !== undefined) this.flow = flow;
  }

  /** A request of ours without its Via (RFC 3261 12.2.1.1). */
  request(method: string, seq: number, uri: string = this.remoteTarget): SipMessage<RequestLine> {
    const headers = new Headers();
    const first = this.routes[0];
    const isStrict = first !== undefined && parseSipUri(parseAddress(first)?.uri ?? '')?.params.has('lr') !== true;
    for (const route of isStrict ? [...this.routes.slice(1), `<${uri}>`] : this.routes) headers.add('Route', route);
    headers.add('Max-Forwards', '70');
    headers.add('From', this.#localValue);
    headers.add('To', this.#remoteValue);
    headers.add('Call-ID', this.callId);
    headers.add('CSeq', `${seq} ${method}`);
    return { start: { kind: 'request', method, uri: isStrict ? (parseAddress(first)?.uri ?? uri) : uri }, headers, body: '' };
  }

  /** Where requests of ours go first. */
  get nextHop(): string {
    const first = this.routes[0];
    return (first === undefined ? undefined : parseAddress(first)?.uri) ?? this.remoteTarget;
  }

  /** Stops repeating what is not acknowledged. */
  end(): void {
    for (const awaited of this.awaitedAcks.values()) awaited.stop();
    this.awaitedAcks.clear();
  }
}

export function dialogId(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`;
}

/** The URI of the first Contact, if there is one that is well formed. */
export function contactUri(headers: Headers): string | undefined {
  const value = headers.get('Contact');
  return value === undefined ? undefined : parseAddress(listOf([value])[0] ?? '')?.uri;
}

/** Who a request without Contact came from (RFC 2543). */
function fromUri(request: ReceivedRequest): string {
  return parseAddress(request.headers.get('From') ?? '')?.uri ?? request.start.uri;
}

interface Ours {
  readonly owner: Owner;
  readonly localContact: string;
  readonly listener: ListenerAddress;
}

/** The dialog an INVITE or SUBSCRIBE of a peer makes. @param to our To, with tag */
export function uasDialog(
  request: ReceivedRequest,
  flow: Flow,
  to: string,
  localTag: string,
  localSeq: number,
  ours: Ours,
): Dialog {
  const routes = listOf(request.headers.all('Record-Route'));
  const isDirect = routes.length === 0 && request.headers.count('Via') === 1;
  const isBehindNat = isDirect && request.via.params.has('received');
  return new Dialog({
    ...ours,
    side: 'uas',
    usage: request.start.method === 'SUBSCRIBE' ? 'SUBSCRIBE' : 'INVITE',
    callId: request.callId,
    localTag,
    remoteTag: request.fromTag,
    localValue: to,
    remoteValue: request.headers.get('From') ?? '',
    localSeq,
    remoteSeq: request.cseq.seq,
    routes,
    remoteTarget: contactUri(request.headers) ?? fromUri(request),
    flow: flow.isReliable || isBehindNat ? flow : undefined,
  });
}

/** The dialog an answer to our INVITE or SUBSCRIBE makes. */
export function uacDialog(request: SipMessage<RequestLine>, response: ReceivedResponse, flow: Flow, ours: Ours): Dialog {
  return new Dialog({
    ...ours,
    side: 'uac',
    usage: request.start.method === 'SUBSCRIBE' ? 'SUBSCRIBE' : 'INVITE',
    callId: response.callId,
    localTag: response.fromTag,
    remoteTag: response.toTag,
    localValue: request.headers.get('From') ?? '',
    remoteValue: response.headers.get('To') ?? '',
    localSeq: response.cseq.seq,
    remoteSeq: undefined,
    routes: listOf(response.headers.all('Record-Route')).reverse(),
    remoteTarget: contactUri(response.headers) ?? request.start.uri,
    flow: flow.isReliable ? flow : undefined,
  });
}

/** The dialog of our SUBSCRIBE as its first NOTIFY makes it, which may come before any answer. @param seq of the SUBSCRIBE */
export function earlyNotifyDialog(notify: ReceivedRequest, flow: Flow, seq: number, ours: Ours): Dialog {
  return new Dialog({
    ...ours,
    side: 'uac',
    usage: 'SUBSCRIBE',
    callId: notify.callId,
    localTag: notify.toTag,
    remoteTag: notify.fromTag,
    localValue: notify.headers.get('To') ?? '',
    remoteValue: notify.headers.get('From') ?? '',
    localSeq: seq,
    remoteSeq: undefined,
    routes: listOf(notify.headers.all('Record-Route')),
    remoteTarget: contactUri(notify.headers) ?? fromUri(notify),
    flow: flow.isReliable ? flow : undefined,
  });
}
