import { randomUUID } from 'node:crypto';
import { randomId } from '#shared/random-id.ts';
import { type Dialog, dialogId } from '../dialog/dialog.ts';
import type { ReceivedRequest } from '../message/message.ts';
import type { Refusal } from '../message/parser.ts';
import { firstViaEnd, parseVia, viaText, withSource } from '../message/via.ts';
import { messageText, receivedText, responseHeaders } from '../message/writer.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { lifetimeMs } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import { SourceCount } from '../transport/source-limits.ts';
import { type EdgeContext, tell } from './context.ts';
import type { ControlClient } from './control-client.ts';
import type { IncomingRequest, IncomingRequests } from './incoming-request.ts';
import { newRequestProblem, type Problem } from './new-request.ts';

/** Methods whose requests may change where the peer is reached. */
const refreshing = ['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY'];

export interface InboundOptions {
  readonly context: EdgeContext;
  readonly requests: IncomingRequests;
  readonly transactionsPerSource: number;
  /** The dialog that a NOTIFY makes which comes before the answer to its SUBSCRIBE. */
  readonly dialogOfEarlyNotify: (request: ReceivedRequest, flow: Flow) => Dialog | undefined;
}

/** From the network to the applications. */
export class Inbound {
  readonly #context: EdgeContext;
  readonly #requests: IncomingRequests;
  readonly #open: SourceCount;
  readonly #dialogOfEarlyNotify: InboundOptions['dialogOfEarlyNotify'];

  constructor({ context, requests, transactionsPerSource, dialogOfEarlyNotify }: InboundOptions) {
    this.#context = context;
    this.#requests = requests;
    this.#open = new SourceCount(transactionsPerSource);
    this.#dialogOfEarlyNotify = dialogOfEarlyNotify;
  }

  /** What cannot be read is answered if it can be. */
  refused({ answer, problem }: Refusal, flow: Flow): void {
    this.#context.logger.debug('a message was refused', { problem, from: flow.remote.address });
    const via = answer?.headers.get('Via');
    const top = via === undefined ? undefined : parseVia(via.slice(0, firstViaEnd(via)).trim());
    if (answer === undefined || top === undefined) return;
    const { address, port } = flow.remote;
    answer.headers.set('Via', corrected(via ?? '', viaText(withSource(top, address, port))));
    const headers = responseHeaders(answer.headers, randomId());
    const start = { kind: 'response', status: answer.status, reason: answer.reason } as const;
    answerFlow(flow, top.params.has('rport'), top.port).send(messageText({ start, headers, body: '' }));
  }

  request(received: ReceivedRequest, source: Flow): void {
    const { method } = received.start;
    const known = this.#context.transactions.findServer(received);
    if (method === 'ACK') this.#acknowledged(received, source, known);
    else if (known !== undefined) known.repeated();
    else {
      const request = this.#corrected(received, source);
      const flow = answerFlow(source, request.via.params.has('rport'), request.via.port);
      if (method === 'CANCEL') this.#cancelled(request, flow);
      else if (request.toTag !== '') this.#inDialog(request, flow);
      else this.#new(request, flow);
    }
  }

  /** Answers in place of the application, for an INVITE that waits, and tells it that nothing is to be answered any more. */
  abandon(incoming: IncomingRequest, status: number, reason: string): void {
    const { transaction, client, dialog } = incoming;
    const { request, flow } = transaction;
    this.#answer(transaction, status, reason, incoming.localTag);
    this.#ended(incoming);
    const headers = responseHeaders(request.headers, undefined);
    headers.set('CSeq', `${request.cseq.seq} CANCEL`);
    headers.add('Reason', `SIP;cause=${status};text="${reason}"`);
    const text = messageText({ start: { kind: 'request', method: 'CANCEL', uri: request.start.uri }, headers, body: '' });
    tell(this.#context, client, {
      source: 'network',
      method: 'CANCEL',
      flow,
      transactionId: transaction.id,
      dialogId: dialog?.id ?? '',
      text,
    });
  }

  /** An application is gone: what it was to answer is answered 503. Its dialogs are forgotten, without BYE. */
  clientClosed(client: ControlClient): void {
    for (const incoming of this.#requests.of(client)) this.#refuseOrphan(incoming);
    for (const dialog of this.#context.dialogs.ofOwner(client)) this.#context.dialogs.remove(dialog);
  }

  /** The edge ends: all that waits is answered 503. */
  stop(): void {
    for (const incoming of this.#requests.all()) this.#refuseOrphan(incoming);
  }

  #refuseOrphan(incoming: IncomingRequest): void {
    if (!incoming.isDecided) this.#answer(incoming.transaction, 503, 'Service Unavailable', incoming.localTag);
    this.#ended(incoming);
  }

  /** A waiting INVITE failed, or any request lost its application. */
  #ended(incoming: IncomingRequest): void {
    const { dialog, transaction } = incoming;
    incoming.reliable?.stop();
    this.#requests.remove(incoming);
    if (dialog === undefined) return;
    dialog.isInvited = false;
    if (transaction.isInvite && transaction.request.toTag === '' && !dialog.isConfirmed) this.#context.dialogs.remove(dialog);
  }

  #acknowledged(request: ReceivedRequest, source: Flow, known: ServerTransaction | undefined): void {
    if (known?.acknowledged() === true) return;
    const dialog = this.#context.dialogs.byTags(request.callId, request.toTag, request.fromTag);
    const awaited = dialog?.awaitedAcks.get(request.cseq.seq);
    if (dialog === undefined || awaited === undefined) return;
    awaited.stop();
    dialog.awaitedAcks.delete(request.cseq.seq);
    const corrected = this.#corrected(request, source);
    this.#tell(dialog.owner as ControlClient, corrected, source, awaited.transactionId, dialog.id);
  }

  #cancelled(request: ReceivedRequest, flow: Flow): void {
    const { transactions } = this.#context;
    const invite = transactions.findServer(request, 'INVITE');
    const incoming = invite === undefined ? undefined : this.#requests.find(invite.id);
    const transaction = transactions.addServer(request, flow, () => undefined);
    if (invite === undefined) this.#answer(transaction, noTransaction.status, noTransaction.reason, undefined);
    else this.#answer(transaction, 200, 'OK', incoming?.localTag);
    if (invite === undefined || incoming === undefined || incoming.isDecided) return;
    const known = incoming.dialog?.id ?? '';
    this.#answer(invite, 487, 'Request Terminated', incoming.localTag);
    this.#ended(incoming);
    this.#tell(incoming.client, request, flow, invite.id, known);
  }

  #inDialog(request: ReceivedRequest, flow: Flow): void {
    const { dialogs } = this.#context;
    const { method } = request.start;
    const dialog = dialogs.byTags(request.callId, request.toTag, request.fromTag) ?? this.#dialogOfEarlyNotify(request, flow);
    const problem = dialog === undefined ? noTransaction : this.#problemInDialog(request, dialog);
    if (dialog === undefined || problem !== undefined) {
      this.#refuse(request, flow, problem ?? noTransaction);
      return;
    }
    if (refreshing.includes(method)) dialog.refresh(request, flow);
    if (method === 'INVITE') dialog.isInvited = true;
    if (method === 'BYE') dialogs.remove(dialog);
    this.#deliver(request, flow, dialog.owner as ControlClient, dialog);
  }

  /** With what it is answered in place of the application, if it is. */
  #problemInDialog(request: ReceivedRequest, dialog: Dialog): Problem | undefined {
    const { method } = request.start;
    if (!dialog.advance(request.cseq.seq)) return { status: 500, reason: 'Request Out Of Order' };
    if (method === 'INVITE' && dialog.isInviting) return { status: 491, reason: 'Request Pending' };
    if (method === 'INVITE' && dialog.isInvited)
      return { status: 500, reason: 'Request Pending', headers: [['Retry-After', '1']] };
    if (method !== 'PRACK') return undefined;
    const invite = this.#acknowledgedBy(request);
    if (invite === undefined) return noTransaction;
    return invite.answersPrack ? { status: 200, reason: 'OK' } : undefined;
  }

  /** The INVITE whose reliable answer this PRACK acknowledges. */
  #acknowledgedBy(request: ReceivedRequest): IncomingRequest | undefined {
    const rack = request.headers.get('RAck') ?? '';
    const seq = Number(rack.trim().split(/\s+/)[1]);
    const invite = this.#requests.findInvite(request.callId, request.fromTag, seq);
    return invite?.reliable?.acknowledged(rack) === true ? invite : undefined;
  }

  #new(request: ReceivedRequest, flow: Flow): void {
    const { strict, choose } = this.#context;
    const { method } = request.start;
    const problem = newRequestProblem(request, strict, (verb) => choose(verb) !== undefined) ?? this.#problemOfInvite(request);
    if (problem === 'drop') return;
    const client = problem === undefined ? choose(method) : undefined;
    if (client === undefined) {
      this.#refuse(request, flow, problem ?? { status: 503, reason: 'Service Unavailable', headers: [['Retry-After', '5']] });
      return;
    }
    if ((method === 'INVITE' || method === 'SUBSCRIBE') && !request.headers.has('Contact'))
      request.headers.add('Contact', withoutParams(request.headers.get('From') ?? ''));
    this.#deliver(request, flow, client, undefined);
  }

  /** A second copy of an INVITE would make a dialog of the same id (RFC 3261 8.2.2.2). */
  #problemOfInvite(request: ReceivedRequest): Problem | undefined {
    if (request.start.method !== 'INVITE') return undefined;
    const isKnown = this.#context.dialogs.byId(dialogId(request.callId, request.fromTag)) !== undefined;
    return isKnown || this.#requests.findMerged(request) !== undefined ? { status: 482, reason: 'Loop Detected' } : undefined;
  }

  #refuse(request: ReceivedRequest, flow: Flow, { status, reason, headers = [] }: Problem): void {
    const transaction = this.#context.transactions.addServer(request, flow, () => undefined);
    this.#answer(transaction, status, reason, undefined, headers);
  }

  #deliver(request: ReceivedRequest, flow: Flow, client: ControlClient, dialog: Dialog | undefined): void {
    const { transactions, clock, timers } = this.#context;
    const { address } = flow.remote;
    const isInvite = request.start.method === 'INVITE';
    if (!this.#open.take(address)) {
      this.#refuse(request, flow, { status: 503, reason: 'Too Many Requests At Once', headers: [['Retry-After', '10']] });
      return;
    }
    const transaction = transactions.addServer(request, flow, () => this.#requests.remove(incoming));
    const patience = clock.after(lifetimeMs(timers) * (isInvite ? 2 : 1), () => {
      if (isInvite) this.abandon(incoming, 408, 'Request Timeout');
      else transaction.terminate();
    });
    const localTag = request.toTag === '' ? randomId() : request.toTag;
    const incoming: IncomingRequest = {
      transaction,
      client,
      localTag,
      dialog,
      reliable: undefined,
      answersPrack: false,
      patience,
      isDecided: false,
      onRemoved: () => this.#open.giveBack(address),
    };
    this.#requests.add(incoming);
    if (isInvite) this.#answer(transaction, 100, 'Trying', undefined);
    const receivedOn = dialog === undefined ? flow.listener : undefined;
    tell(this.#context, client, {
      source: 'network',
      method: request.start.method,
      flow,
      transactionId: transaction.id,
      dialogId: dialog?.id ?? '',
      ...(receivedOn === undefined ? {} : { receivedOn }),
      text: receivedText(request),
    });
  }

  #tell(client: ControlClient, request: ReceivedRequest, flow: Flow, transactionId: string | undefined, knownAs: string): void {
    const id = transactionId ?? randomUUID();
    const text = receivedText(request);
    tell(this.#context, client, {
      source: 'network',
      method: request.start.method,
      flow,
      transactionId: id,
      dialogId: knownAs,
      text,
    });
  }

  #answer(
    transaction: ServerTransaction,
    status: number,
    reason: string,
    tag: string | undefined,
    extra: readonly (readonly [string, string])[] = [],
  ): void {
    const { request } = transaction;
    const newTag = status === 100 || request.toTag !== '' ? undefined : (tag ?? randomId());
    const headers = responseHeaders(request.headers, newTag);
    for (const [name, value] of extra) headers.add(name, value);
    transaction.respond(status, messageText({ start: { kind: 'response', status, reason }, headers, body: '' }));
  }

  #corrected(request: ReceivedRequest, { remote }: Flow): ReceivedRequest {
    const via = withSource(request.via, remote.address, remote.port);
    if (via === request.via) return request;
    request.headers.set('Via', corrected(request.headers.get('Via') ?? '', viaText(via)));
    return { ...request, via };
  }
}

const noTransaction: Problem = { status: 481, reason: 'Call/Transaction Does Not Exist' };

/** The Via header with another topmost value. */
function corrected(value: string, top: string): string {
  return top + value.slice(firstViaEnd(value));
}

/** Without `rport`, answers over UDP go to the port in the Via (RFC 3261 18.2.2). */
function answerFlow(flow: Flow, isSymmetric: boolean, viaPort: number | undefined): Flow {
  return isSymmetric ? flow : flow.toPort(viaPort ?? 5060);
}

function withoutParams(from: string): string {
  const end = from.indexOf('>');
  return end < 0 ? (from.split(';')[0] ?? from) : from.slice(0, end + 1);
}
