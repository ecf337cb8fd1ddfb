import Srf from 'drachtio-srf';

/**
 * What of `drachtio-srf` is used here, with types that are right: those it brings miss half of it and are wrong about some.
 */

/** Values of one name are joined by commas. */
export type SipHeaders = Readonly<Record<string, string>>;

/** From, To, Contact as parsed by drachtio-srf. */
export interface SipAddress {
  readonly name?: string;
  readonly uri: string;
  readonly params: Readonly<Record<string, string | undefined>>;
}

export interface SrfMessage {
  readonly headers: SipHeaders;
  readonly body: string | undefined;
  /** As it was, with all header fields. */
  readonly raw: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  get(name: string): string | undefined;
  has(name: string): boolean;
  getParsedHeader(name: 'contact'): readonly SipAddress[];
  getParsedHeader(name: 'from' | 'to'): SipAddress;
  getParsedHeader(name: 'cseq'): { readonly seq: number; readonly method: string };
}

export interface SrfRequest extends SrfMessage {
  readonly method: string;
  readonly uri: string;
  /** `host:port` of the listener; only for requests outside a dialog. */
  readonly receivedOn?: string;
  on(event: 'cancel', listener: (cancel: SrfMessage) => void): this;
  on(event: 'update', listener: (request: SrfRequest, response: SrfResponder) => void): this;
  on(event: 'response', listener: (response: SrfResponse, ack: (options?: SendOptions) => void) => void): this;
  /** Ends an INVITE of ours that is not answered yet. */
  cancel(options: SendOptions, done: (error: Error | null) => void): void;
  cancel(done: (error: Error | null) => void): void;
}

export interface SendOptions {
  readonly headers?: SipHeaders;
  readonly body?: string;
}

/** An answer that came. */
export interface SrfResponse extends SrfMessage {
  readonly status: number;
  readonly reason: string;
}

/** With which a request is answered. */
export interface SrfResponder {
  readonly finalResponseSent: boolean;
  send(status: number, options?: SendOptions, done?: (error: unknown, sent: SrfMessage) => void): void;
  send(status: number, reason: string, options?: SendOptions, done?: (error: unknown, sent: SrfMessage) => void): void;
}

export interface SrfDialog {
  readonly id: string;
  readonly type: 'uac' | 'uas';
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly local: { readonly uri: string; readonly sdp: string };
  readonly remote: { readonly uri: string; readonly sdp: string };
  readonly connected: boolean;
  /** While it is set, requests that come in the dialog wait. It can only be set. */
  queueRequests: boolean;
  /** What made it: of a dialog we began, the answer that came. */
  readonly res: SrfResponse | SrfResponder;
  other?: SrfDialog;
  on(event: 'destroy', listener: (request: SrfRequest, reason?: string) => void): this;
  on(event: 'ack' | 'refresh' | 'unsubscribe', listener: (request: SrfRequest) => void): this;
  on(
    event: 'modify' | 'info' | 'message' | 'notify' | 'options' | 'refer' | 'update' | 'subscribe',
    listener: (request: SrfRequest, response: SrfResponder) => void,
  ): this;
  once(event: 'ack', listener: (request: SrfRequest) => void): this;
  /** BYE, or the last NOTIFY of a subscription. */
  destroy(options?: SendOptions): Promise<SrfRequest>;
  /** A re-INVITE. @returns the session description of the other side */
  modify(sdp: string): Promise<string>;
  /** An INVITE is acknowledged by itself. */
  request(options: SendOptions & { readonly method: string }): Promise<SrfResponse>;
  /** The answer to an INVITE without offer is acknowledged by `ack`; it is missing when there is nothing to acknowledge. */
  request(
    options: SendOptions & { readonly method: string; readonly noAck: true },
    done: (error: Error | null, response?: SrfResponse, ack?: (options: SendOptions) => void) => void,
  ): void;
}

/** An INVITE without offer was answered with one: the answer goes into the ACK, which makes the dialog. */
export interface SrfLateOffer {
  readonly sdp: string;
  readonly res: SrfResponse;
  ack(localSdp: string): Promise<SrfDialog>;
  /** Acknowledges it and hangs up. */
  destroy(): Promise<void>;
}

export interface UasOptions {
  readonly localSdp?: string;
  readonly headers?: SipHeaders;
}

export interface UacOptions {
  readonly method?: string;
  readonly localSdp?: string;
  readonly headers?: SipHeaders;
  /** The next hop, where it is not what the URI says. */
  readonly proxy?: string;
  readonly auth?: { readonly username: string; readonly password: string };
}

export interface UacProgress {
  cbRequest?(error: unknown, request: SrfRequest): void;
  cbProvisional?(response: SrfResponse): void;
}

export interface B2buaOptions extends Omit<UacOptions, 'localSdp'> {
  readonly localSdpA?: string | ((sdp: string, response: SrfResponse) => string | Promise<string>);
  readonly localSdpB?: string | ((sdp: string) => string | Promise<string>);
  readonly passFailure?: boolean;
  readonly passProvisionalResponses?: boolean;
  readonly proxyRequestHeaders?: readonly string[];
  readonly proxyResponseHeaders?: readonly string[];
}

export type SrfDone<T> = (error: Error | null, result?: T) => void;

export type SrfHandler = (request: SrfRequest, response: SrfResponder) => void;

export interface Reconnection {
  /** Longest pause, in ms. */
  retryMaxDelay: number;
  maxAttempts?: number;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** It connects again by itself, with pauses that grow. It reads this anew each time. */
  readonly reconnect: Reconnection;
  readonly enablePing?: boolean;
  readonly pingInterval?: number;
}

/** An application on a SIP edge or a drachtio-server. */
export interface SrfApplication {
  connect(options: ConnectOptions): void;
  disconnect(): void;
  on(event: 'connect', listener: (error: Error | null, listeners: string, version: string) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'reconnecting' | 'close', listener: () => void): this;
  /** Requests of one method; the method in lower case. */
  use(method: string, handler: SrfHandler): void;
  createUAS(request: SrfRequest, response: SrfResponder, options: UasOptions): Promise<SrfDialog>;
  /** `done` is called before anything else that came is looked at. */
  createUAS(request: SrfRequest, response: SrfResponder, options: UasOptions, done: SrfDone<SrfDialog>): void;
  createUAC(uri: string, options: UacOptions, progress?: UacProgress): Promise<SrfDialog>;
  /** Without `localSdp`: no offer. @returns the dialog only when the answer has no offer either */
  createUAC(
    uri: string,
    options: Omit<UacOptions, 'localSdp'> & { readonly noAck: true },
    progress?: UacProgress,
  ): Promise<SrfDialog | SrfLateOffer>;
  /** `done` is called before anything else that came is looked at. */
  createUAC(
    uri: string,
    options: UacOptions & { readonly noAck?: true },
    progress: UacProgress,
    done: SrfDone<SrfDialog | SrfLateOffer>,
  ): void;
  createB2BUA(
    request: SrfRequest,
    response: SrfResponder,
    uri: string,
    options?: B2buaOptions,
    progress?: UacProgress,
  ): Promise<{ readonly uas: SrfDialog; readonly uac: SrfDialog }>;
  request(uri: string, options: UacOptions & { readonly method: string; readonly body?: string }): Promise<SrfRequest>;
}

/** Ends the connection, or the attempts to make it. @param reconnect what {@link SrfApplication.connect} was given */
export function disconnect(srf: SrfApplication, reconnect: Reconnection): void {
  reconnect.maxAttempts = 1;
  try {
    srf.disconnect();
  } catch {
    // It asserts that there is a connection; without one there is nothing to end but the attempts.
  }
}

/** A new application, not connected yet. */
export function createSrf(): SrfApplication {
  // Its own types contradict its behaviour; ours are what the tests on the edge and on drachtio-server show.
  return new Srf() as unknown as SrfApplication;
}
