import type { Timer } from '#shared/runtime/clock.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { ReliableAnswers } from '../dialog/reliable-answers.ts';
import type { ReceivedRequest } from '../message/message.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { ControlClient } from './control-client.ts';

/** A request from the network that an application was told of and may still answer. */
export interface IncomingRequest {
  readonly transaction: ServerTransaction;
  readonly client: ControlClient;
  /** The tag of our To; outside a dialog the application may choose another with its first answer. */
  localTag: string;
  /** The dialog it came in, or has made. */
  dialog: Dialog | undefined;
  reliable: ReliableAnswers | undefined;
  /** Only the peer wanted reliable answers: the application knows nothing of them and is not asked about PRACKs. */
  answersPrack: boolean;
  /** Ends the wait for an answer. */
  readonly patience: Timer;
  /** Called once, when it waits no more. */
  readonly onRemoved: () => void;
  /** A 2xx was accepted from the application and waits for a PRACK. */
  isDecided: boolean;
}

/** Requests that wait for an answer, by the id of their transaction. */
export class IncomingRequests {
  readonly #byId = new Map<string, IncomingRequest>();
  /** INVITEs by dialog id and number: one that forked may reach us twice. */
  readonly #invites = new Map<string, IncomingRequest>();

  get size(): number {
    return this.#byId.size;
  }

  add(request: IncomingRequest): void {
    this.#byId.set(request.transaction.id, request);
    if (request.transaction.isInvite) this.#invites.set(mergeKey(request.transaction.request), request);
  }

  find(transactionId: string): IncomingRequest | undefined {
    return this.#byId.get(transactionId);
  }

  /** The waiting INVITE of which this request is another copy (RFC 3261 8.2.2.2). */
  findMerged(request: ReceivedRequest): IncomingRequest | undefined {
    return this.#invites.get(mergeKey(request));
  }

  /** The waiting INVITE a PRACK belongs to. @param seq of the INVITE */
  findInvite(callId: string, fromTag: string, seq: number): IncomingRequest | undefined {
    return this.#invites.get(`${callId} ${fromTag} ${seq}`);
  }

  /** It was answered, or nobody will answer it. */
  remove(request: IncomingRequest): void {
    request.patience.stop();
    if (this.#byId.delete(request.transaction.id)) request.onRemoved();
    const key = mergeKey(request.transaction.request);
    if (this.#invites.get(key) === request) this.#invites.delete(key);
  }

  of(client: ControlClient): readonly IncomingRequest[] {
    return [...this.#byId.values()].filter((request) => request.client === client);
  }

  all(): readonly IncomingRequest[] {
    return [...this.#byId.values()];
  }
}

function mergeKey({ callId, fromTag, cseq }: ReceivedRequest): string {
  return `${callId} ${fromTag} ${cseq.seq}`;
}
