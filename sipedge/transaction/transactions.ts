import { randomUUID } from 'node:crypto';
import type { Clock } from '#shared/runtime/clock.ts';
import type { ReceivedRequest, ReceivedResponse, RequestLine, SipMessage } from '../message/message.ts';
import type { Flow } from '../transport/flow.ts';
import { type ClientEvents, ClientTransaction } from './client-transaction.ts';
import { ServerTransaction } from './server-transaction.ts';
import type { TimerValues } from './timers.ts';

const magicCookie = 'z9hG4bK';

/** All transactions of the edge, found by what stands in messages (RFC 3261 17.1.3, 17.2.3). */
export class Transactions {
  readonly #clock: Clock;
  readonly #timers: TimerValues;
  readonly #server = new Map<string, ServerTransaction>();
  readonly #client = new Map<string, ClientTransaction>();
  /** Of connections; UDP cannot break. */
  readonly #clientByFlow = new Map<Flow, Set<ClientTransaction>>();

  constructor(clock: Clock, timers: TimerValues) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** How many there are, for limits and leak checks. */
  get size(): number {
    return this.#server.size + this.#client.size;
  }

  /** The transaction this request belongs to; an ACK or CANCEL belongs to an INVITE. */
  findServer(request: ReceivedRequest, method: string = request.start.method): ServerTransaction | undefined {
    return this.#server.get(serverKey(request, method));
  }

  /** @param onTerminated it is gone and may be forgotten */
  addServer(request: ReceivedRequest, flow: Flow, onTerminated: (transaction: ServerTransaction) => void): ServerTransaction {
    const key = serverKey(request, request.start.method);
    const transaction: ServerTransaction = new ServerTransaction({
      id: randomUUID(),
      request,
      flow,
      clock: this.#clock,
      timers: this.#timers,
      onTerminated: () => {
        this.#server.delete(key);
        onTerminated(transaction);
      },
    });
    this.#server.set(key, transaction);
    return transaction;
  }

  /** Sends a request. @param branch of its topmost Via */
  send(request: SipMessage<RequestLine>, text: string, branch: string, flow: Flow, events: ClientEvents): ClientTransaction {
    const key = `${branch} ${request.start.method}`;
    const transaction: ClientTransaction = new ClientTransaction({
      request,
      text,
      flow,
      clock: this.#clock,
      timers: this.#timers,
      events: {
        onResponse: (response, over) => events.onResponse(response, over),
        onFailure: (failure) => events.onFailure(failure),
        onTerminated: () => {
          this.#client.delete(key);
          this.#leaveFlow(transaction);
          events.onTerminated();
        },
      },
    });
    this.#client.set(key, transaction);
    if (flow.isReliable) this.#joinFlow(transaction);
    transaction.start();
    return transaction;
  }

  /** Gives a response to its transaction. One that belongs to none is dropped. */
  response(response: ReceivedResponse, flow: Flow): void {
    const branch = response.via.params.get('branch') ?? '';
    this.#client.get(`${branch} ${response.cseq.method}`)?.received(response, flow);
  }

  /** A connection is gone: requests sent over it have failed. */
  flowClosed(flow: Flow): void {
    const broken = this.#clientByFlow.get(flow);
    if (broken === undefined) return;
    for (const transaction of [...broken]) transaction.fail('transport');
  }

  /** Forgets all without another word. */
  stop(): void {
    for (const transaction of [...this.#server.values()]) transaction.terminate();
    for (const transaction of [...this.#client.values()]) transaction.terminate();
  }

  #joinFlow(transaction: ClientTransaction): void {
    const on = this.#clientByFlow.get(transaction.flow);
    if (on === undefined) this.#clientByFlow.set(transaction.flow, new Set([transaction]));
    else on.add(transaction);
  }

  #leaveFlow(transaction: ClientTransaction): void {
    const on = this.#clientByFlow.get(transaction.flow);
    on?.delete(transaction);
    if (on?.size === 0) this.#clientByFlow.delete(transaction.flow);
  }
}

/** Without a branch made for it (RFC 2543), the transaction is known by everything that stays the same in it. */
function serverKey({ via, callId, cseq, fromTag, start }: ReceivedRequest, method: string): string {
  const asMethod = method === 'ACK' ? 'INVITE' : method;
  const branch = via.params.get('branch') ?? '';
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? ''}`;
  if (branch.startsWith(magicCookie) && branch.length > magicCookie.length) return `${branch} ${sentBy} ${asMethod}`;
  return `${branch} ${sentBy} ${asMethod} ${callId} ${cseq.seq} ${fromTag} ${start.uri}`;
}
