import { randomUUID } from 'node:crypto';
import type { Dialog } from '../dialog/dialog.ts';
import type { RequestLine, SipMessage } from '../message/message.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { Target } from '../transport/resolver.ts';
import type { ControlClient } from './control-client.ts';

/** A request of an application on its way. */
export class OutgoingRequest {
  /** Names it towards the application, through all attempts. */
  readonly id: string = randomUUID();
  readonly client: ControlClient;
  readonly request: SipMessage<RequestLine>;
  readonly localTag: string;
  /** The dialog it was sent in. */
  readonly within: Dialog | undefined;
  /** Dialogs its answers have made, by the tag of the peer. */
  readonly dialogs = new Map<string, Dialog>();
  /** Where it can still be tried. */
  readonly targets: Target[];
  transaction: ClientTransaction | undefined;
  /** The peer has answered at all: only then it may be cancelled (RFC 3261 9.1). */
  isAnswered = false;
  isCancelled = false;
  /** Sent by the edge itself: nobody is told of its answers. */
  isSilent = false;
  /** Sends the CANCEL that waits for the first answer. */
  heldCancel: (() => void) | undefined;
  /** The tag of who has answered 2xx. */
  winner: string | undefined;

  constructor(options: {
    readonly client: ControlClient;
    readonly request: SipMessage<RequestLine>;
    readonly localTag: string;
    readonly within: Dialog | undefined;
    readonly targets: readonly Target[];
  }) {
    this.client = options.client;
    this.request = options.request;
    this.localTag = options.localTag;
    this.within = options.within;
    this.targets = [...options.targets];
  }

  get method(): string {
    return this.request.start.method;
  }
}
