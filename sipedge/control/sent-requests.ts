import { randomUUID } from 'node:crypto';
import { type Dialog, dialogId, uacDialog } from '../dialog/dialog.ts';
import type { ReceivedResponse, RequestLine, SipMessage } from '../message/message.ts';
import { messageText, receivedText, responseHeaders } from '../message/writer.ts';
import { cancelOf } from '../transaction/client-transaction.ts';
import { lifetimeMs } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import type { Target } from '../transport/resolver.ts';
import { endsSubscription } from './answers.ts';
import { branchOf, newBranch, viaOf } from './branch.ts';
import type { Draft } from './command.ts';
import { type EdgeContext, lineOptions, ownContact, tell } from './context.ts';
import type { ControlClient } from './control-client.ts';
import { names, withVia } from './header-policy.ts';
import { requestSentLine } from './lines.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import { findDialogWay, nextFlow, sendOnce } from './router.ts';

/** Requests on their way, and what comes back for them. */
export class SentRequests {
  readonly #context: EdgeContext;
  /** Without a final answer, by the id the application knows. */
  readonly #open = new Map<string, OutgoingRequest>();
  /** SUBSCRIBEs among them, by Call-ID and tag. */
  readonly #subscribes = new Map<string, OutgoingRequest>();

  constructor(context: EdgeContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#open.size;
  }

  findSubscribe(callId: string, localTag: string): OutgoingRequest | undefined {
    return this.#subscribes.get(dialogId(callId, localTag));
  }

  /** Sends it, and tells the application so. @throws Error with a text for the application when it cannot be sent */
  start(outgoing: OutgoingRequest, flow: Flow | undefined, commandId: string): void {
    this.#open.set(outgoing.id, outgoing);
    if (outgoing.method === 'SUBSCRIBE') this.#subscribes.set(idOf(outgoing), outgoing);
    const sent = this.#attempt(outgoing, flow);
    if (sent === undefined) {
      this.#ended(outgoing);
      throw new Error('requested protocol/transport not available');
    }
    outgoing.client.send(requestSentLine(commandId, sent.flow, outgoing.id, sent.text, lineOptions(this.#context)));
  }

  /** Cancels an INVITE: at once, or with its first answer. @throws Error when there is none */
  cancel(transactionId: string, draft: Draft, commandId: string, client: ControlClient): void {
    const outgoing = this.#open.get(transactionId);
    const { transaction } = outgoing ?? {};
    if (outgoing === undefined || transaction === undefined || outgoing.client !== client || outgoing.method !== 'INVITE')
      throw new Error(`unable to cancel unknown transaction id: ${transactionId}`);
    const extra = [...draft.headers.entries()].filter(([name]) => name === 'Reason' || name.startsWith('X-'));
    const text = messageText(cancelOf(transaction.request, extra));
    this.#cancel(outgoing, extra);
    client.send(requestSentLine(commandId, transaction.flow, randomUUID(), text, lineOptions(this.#context)));
  }

  /** A BYE ends an INVITE of ours that is open in the same dialog. */
  cancelWithin(dialog: Dialog): void {
    if (!dialog.isInviting) return;
    for (const outgoing of this.#open.values()) {
      if (outgoing.within === dialog && outgoing.method === 'INVITE') this.#cancel(outgoing, []);
    }
  }

  /** Sends the ACK of a 2xx. @throws Error with a text for the application when it cannot be sent */
  acknowledge(
    dialog: Dialog,
    ack: SipMessage<RequestLine>,
    flow: Flow | undefined,
    targets: readonly Target[],
    commandId: string,
    client: ControlClient,
  ): void {
    const sent = sendOnce(this.#context, ack, { flow, targets });
    if (sent === undefined) throw new Error('requested protocol/transport not available');
    const { answered } = dialog;
    if (answered !== undefined) answered.resendAck = () => sent.flow.send(sent.text);
    client.send(requestSentLine(commandId, sent.flow, randomUUID(), sent.text, lineOptions(this.#context)));
    if (answered?.isUnwanted === true) this.bye(dialog, 'ACK-BYE due to cancel race condition', flow, targets);
  }

  /** Ends a dialog in place of the application, and tells it. */
  bye(dialog: Dialog, reason: string, flow: Flow | undefined, targets: readonly Target[]): void {
    const client = dialog.owner as ControlClient;
    const request = dialog.request('BYE', dialog.nextSeq());
    request.headers.add('Reason', `SIP;cause=200;text="${reason}"`);
    this.#context.dialogs.remove(dialog);
    const outgoing = new OutgoingRequest({ client, request, localTag: dialog.localTag, within: undefined, targets });
    outgoing.isSilent = true;
    const sent = this.#attempt(outgoing, flow);
    tell(this.#context, client, {
      source: 'application',
      method: 'BYE',
      flow: sent?.flow,
      transactionId: 'unsolicited',
      dialogId: dialog.id,
      text: sent?.text ?? messageText(request),
    });
  }

  clientClosed(client: ControlClient): void {
    for (const outgoing of [...this.#open.values()]) {
      if (outgoing.client === client && outgoing.method === 'INVITE') this.#cancel(outgoing, []);
    }
  }

  /** Sends it to the next target that can be reached. */
  #attempt(outgoing: OutgoingRequest, over?: Flow): { readonly flow: Flow; readonly text: string } | undefined {
    const flow = over ?? nextFlow(this.#context, outgoing.targets);
    if (flow === undefined) return undefined;
    const branch = newBranch();
    const { request } = outgoing;
    const whole = { ...request, headers: withVia(request.headers, viaOf(flow, branch)) };
    const text = messageText(whole);
    outgoing.isAnswered = false;
    outgoing.transaction = this.#context.transactions.send(whole, text, branch, flow, {
      onResponse: (response, from) => this.#answered(outgoing, response, from),
      onFailure: (failure) => this.#failed(outgoing, failure),
      onTerminated: () => undefined,
    });
    return { flow, text };
  }

  #answered(outgoing: OutgoingRequest, response: ReceivedResponse, flow: Flow): void {
    const { status } = response.start;
    const isFirst = !outgoing.isAnswered;
    outgoing.isAnswered = true;
    if (isFirst && status < 200) outgoing.heldCancel?.();
    if (status === 503 && outgoing.targets.length > 0 && !outgoing.isCancelled && this.#attempt(outgoing) !== undefined) return;
    if (status >= 200) this.#ended(outgoing);
    if (outgoing.isSilent || status === 100) return;
    if (outgoing.method === 'INVITE') this.#inviteAnswered(outgoing, response, flow);
    else {
      const dialog = outgoing.within ?? this.#subscribeAnswered(outgoing, response, flow);
      this.#afterFinal(outgoing, response, flow);
      this.#tell(outgoing, response, flow, dialog?.id ?? '');
    }
  }

  #inviteAnswered(outgoing: OutgoingRequest, response: ReceivedResponse, flow: Flow): void {
    const { status } = response.start;
    const { dialogs } = this.#context;
    if (status >= 300) {
      for (const dialog of outgoing.dialogs.values()) dialogs.remove(dialog);
      if (outgoing.within !== undefined) outgoing.within.isInviting = false;
      this.#tell(outgoing, response, flow, outgoing.within?.id ?? idOf(outgoing));
      return;
    }
    const dialog = outgoing.within ?? this.#dialogOf(outgoing, response, flow);
    if (status < 200) {
      if (isRepeatedReliable(dialog, response)) return;
      if (response.headers.has('Contact')) dialog.refresh(response, flow);
      this.#tell(outgoing, response, flow, dialog.id);
      return;
    }
    if (outgoing.winner === response.toTag) {
      dialog.answered?.resendAck?.();
      return;
    }
    const isSecond = outgoing.winner !== undefined;
    outgoing.winner ??= response.toTag;
    dialog.refresh(response, flow);
    dialog.isInviting = false;
    dialog.answered = {
      seq: response.cseq.seq,
      resendAck: undefined,
      isUnwanted: outgoing.isCancelled && outgoing.within === undefined,
    };
    if (isSecond || !outgoing.client.isOpen) this.#refuseAnswer(dialog);
    else {
      for (const other of outgoing.dialogs.values()) if (other !== dialog) dialogs.remove(other);
      dialogs.confirm(dialog);
      this.#tell(outgoing, response, flow, dialog.id);
    }
  }

  /** Somebody answered whom nobody wants to speak to any more: acknowledged and ended at once (RFC 3261 13.2.2.4). */
  #refuseAnswer(dialog: Dialog): void {
    void findDialogWay(this.#context, dialog).then(({ flow, targets }) => {
      sendOnce(this.#context, dialog.request('ACK', dialog.answered?.seq ?? 0), { flow, targets });
      const request = dialog.request('BYE', dialog.nextSeq());
      const client = dialog.owner as ControlClient;
      const outgoing = new OutgoingRequest({ client, request, localTag: dialog.localTag, within: undefined, targets });
      outgoing.isSilent = true;
      this.#attempt(outgoing, flow);
      this.#context.dialogs.remove(dialog);
    });
  }

  #subscribeAnswered(outgoing: OutgoingRequest, response: ReceivedResponse, flow: Flow): Dialog | undefined {
    const { status } = response.start;
    if (outgoing.method !== 'SUBSCRIBE' || status < 200 || status >= 300) return undefined;
    const dialog = this.#dialogOf(outgoing, response, flow);
    this.#context.dialogs.confirm(dialog);
    return dialog;
  }

  /** The dialog an answer belongs to, made if it is the first of this peer. */
  #dialogOf(outgoing: OutgoingRequest, response: ReceivedResponse, flow: Flow): Dialog {
    const known = outgoing.dialogs.get(response.toTag);
    if (known !== undefined) return known;
    const localContact = outgoing.request.headers.get('Contact') ?? ownContact(flow.listener);
    const ours = { owner: outgoing.client, listener: flow.listener, localContact };
    const dialog = uacDialog(outgoing.request, response, flow, ours);
    outgoing.dialogs.set(response.toTag, dialog);
    this.#context.dialogs.add(dialog);
    return dialog;
  }

  #afterFinal({ within, method, request }: OutgoingRequest, response: ReceivedResponse, flow: Flow): void {
    const { status } = response.start;
    if (within === undefined || status < 200) return;
    const isChallenged = status === 401 || status === 407;
    const isOver = method === 'BYE' || endsSubscription(request.headers, within, method);
    if (isOver && !isChallenged) this.#context.dialogs.remove(within);
    else if (status < 300 && (method === 'UPDATE' || method === 'SUBSCRIBE')) within.refresh(response, flow);
  }

  #failed(outgoing: OutgoingRequest, failure: 'timeout' | 'transport'): void {
    if (outgoing.targets.length > 0 && !outgoing.isCancelled && !outgoing.isAnswered && this.#attempt(outgoing) !== undefined)
      return;
    this.#ended(outgoing);
    const { within, method } = outgoing;
    for (const dialog of outgoing.dialogs.values()) this.#context.dialogs.remove(dialog);
    if (within !== undefined && method === 'INVITE') within.isInviting = false;
    if (within !== undefined && method === 'BYE') this.#context.dialogs.remove(within);
    if (outgoing.isSilent) return;
    const [status, reason] = failure === 'timeout' ? [408, 'Request Timeout'] : [503, 'Service Unavailable'];
    const { request } = outgoing.transaction ?? outgoing;
    const text = messageText({
      start: { kind: 'response', status, reason },
      headers: responseHeaders(request.headers, undefined),
      body: '',
    });
    const { id: transactionId, client } = outgoing;
    tell(this.#context, client, { source: 'network', method, flow: undefined, transactionId, dialogId: within?.id ?? '', text });
  }

  #cancel(outgoing: OutgoingRequest, extra: readonly (readonly [string, string])[]): void {
    const { transaction } = outgoing;
    if (outgoing.isCancelled || transaction === undefined) return;
    outgoing.isCancelled = true;
    const send = () => {
      const cancel = cancelOf(transaction.request, extra);
      const branch = branchOf(cancel);
      const quiet = { onResponse: () => undefined, onFailure: () => undefined, onTerminated: () => undefined };
      this.#context.transactions.send(cancel, messageText(cancel), branch, transaction.flow, quiet);
      // Who answers the CANCEL but never the INVITE must not keep it open (RFC 3261 9.1).
      this.#context.clock.after(lifetimeMs(this.#context.timers), () => transaction.fail('timeout'));
    };
    if (outgoing.isAnswered) send();
    else outgoing.heldCancel = send;
  }

  #ended(outgoing: OutgoingRequest): void {
    this.#open.delete(outgoing.id);
    if (outgoing.method === 'SUBSCRIBE') this.#subscribes.delete(idOf(outgoing));
  }

  #tell(outgoing: OutgoingRequest, response: ReceivedResponse, flow: Flow, knownAs: string): void {
    const { id: transactionId, method, client } = outgoing;
    const text = receivedText(response);
    tell(this.#context, client, { source: 'network', method, flow, transactionId, dialogId: knownAs, text });
  }
}

function idOf({ request, localTag }: OutgoingRequest): string {
  return dialogId(request.headers.get('Call-ID') ?? '', localTag);
}

/** A reliable answer is repeated until its PRACK comes; the application gets it once, and in order (RFC 3262 4). */
function isRepeatedReliable(dialog: Dialog, { headers }: ReceivedResponse): boolean {
  const rseq = Number(headers.get('RSeq'));
  if (!names(headers, 'Require', '100rel') || !Number.isInteger(rseq)) return false;
  if (dialog.remoteRSeq !== 0 && rseq !== dialog.remoteRSeq + 1) return true;
  dialog.remoteRSeq = rseq;
  return false;
}
