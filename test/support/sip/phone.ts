import { randomUUID } from 'node:crypto';
import { eventually } from '../eventually.ts';
import { type Fields, header, type PhoneMessage, readMessage, tagOf, writeMessage } from './sip-message.ts';
import { openWire, type Wire, type WireAddress, type WireProtocol } from './wire.ts';

/** What a request of a phone is made of; the rest has defaults. */
export interface RequestParts {
  readonly uri?: string;
  readonly callId?: string;
  readonly from?: string;
  readonly to?: string;
  readonly seq?: number;
  readonly branch?: string;
  readonly headers?: Fields;
  readonly body?: string;
}

export const newId = () => randomUUID().slice(0, 13);

/** A phone made of single messages: tests say what it sends and look at what it gets. */
export class Phone {
  readonly name: string;
  readonly protocol: WireProtocol;
  readonly #wire: Wire;
  readonly #edge: WireAddress;
  readonly #waiting: PhoneMessage[] = [];
  /** Keep-alives that came. */
  lineEnds = 0;

  constructor(name: string, wire: Wire, edge: WireAddress) {
    this.name = name;
    this.protocol = edge.protocol;
    this.#wire = wire;
    this.#edge = edge;
    wire.onText((text) => {
      if (/^[\r\n]*$/.test(text)) this.lineEnds += 1;
      else this.#waiting.push(readMessage(text));
    });
  }

  static async open(name: string, edge: WireAddress, from?: string): Promise<Phone> {
    return new Phone(name, await openWire(edge, from), edge);
  }

  get isCutOff(): boolean {
    return this.#wire.isClosed;
  }

  /** `host:port` as others see it; browsers cannot be named. */
  get sentBy(): string {
    const { address, port } = this.#wire.local;
    if (this.protocol === 'ws' || this.protocol === 'wss') return `${this.name}.invalid`;
    return `${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  get contact(): string {
    const transport = this.protocol === 'udp' ? '' : `;transport=${this.protocol === 'wss' ? 'ws' : this.protocol}`;
    return `sip:${this.name}@${this.sentBy}${transport}`;
  }

  get edgeHost(): string {
    const { host, port } = this.#edge;
    return `${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  get port(): number {
    return this.#wire.local.port;
  }

  raw(text: string): void {
    this.#wire.send(text);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  /** Sends a request and answers its text, for a later ACK, CANCEL or repetition. */
  request(method: string, parts: RequestParts = {}): PhoneMessage {
    const text = this.requestText(method, parts);
    this.raw(text);
    return readMessage(text);
  }

  requestText(method: string, parts: RequestParts = {}): string {
    const {
      uri = `sip:app@${this.edgeHost}`,
      callId = newId(),
      seq = 1,
      branch = `z9hG4bK${newId()}`,
      headers = [],
      body,
    } = parts;
    const has = (name: string) => headers.some(([each]) => each.toLowerCase() === name);
    const fields: Fields = [
      ['Via', `SIP/2.0/${this.protocol.toUpperCase()} ${this.sentBy};branch=${branch};rport`],
      ['Max-Forwards', '70'],
      ['From', parts.from ?? `<sip:${this.name}@example.test>;tag=${newId()}`],
      ['To', parts.to ?? `<${uri}>`],
      ['Call-ID', callId],
      ['CSeq', `${seq} ${method}`],
      ...(has('contact') || method === 'ACK' ? [] : ([['Contact', `<${this.contact}>`]] as const)),
      ...headers,
      ...(body === undefined || has('content-type') ? [] : ([['Content-Type', 'application/sdp']] as const)),
    ];
    return writeMessage(`${method} ${uri} SIP/2.0`, fields, body);
  }

  /** The ACK of a final answer to an INVITE. */
  acknowledge(invite: PhoneMessage, answer: PhoneMessage, body?: string): PhoneMessage {
    const is2xx = (answer.status ?? 0) < 300;
    const branch = is2xx ? newId() : (/branch=([^;]+)/.exec(header(invite, 'via'))?.[1] ?? '');
    return this.request('ACK', {
      uri: is2xx ? contactOf(answer) : (invite.startLine.split(' ')[1] ?? ''),
      callId: header(invite, 'call-id'),
      from: header(invite, 'from'),
      to: header(answer, 'to'),
      seq: Number.parseInt(header(invite, 'cseq'), 10),
      branch: is2xx ? `z9hG4bK${branch}` : branch,
      ...(body === undefined ? {} : { body }),
    });
  }

  cancel(invite: PhoneMessage): PhoneMessage {
    return this.request('CANCEL', {
      uri: invite.startLine.split(' ')[1] ?? '',
      callId: header(invite, 'call-id'),
      from: header(invite, 'from'),
      to: header(invite, 'to'),
      seq: Number.parseInt(header(invite, 'cseq'), 10),
      branch: /branch=([^;]+)/.exec(header(invite, 'via'))?.[1] ?? '',
    });
  }

  /** A request inside a dialog this phone has begun. */
  inDialog(method: string, invite: PhoneMessage, answer: PhoneMessage, parts: RequestParts = {}): PhoneMessage {
    const dialog = { callId: header(invite, 'call-id'), from: header(invite, 'from'), to: header(answer, 'to') };
    return this.request(method, { uri: contactOf(answer), ...dialog, ...parts });
  }

  /** A request inside a dialog the edge has begun. @param answer what this phone had answered */
  inDialogOf(method: string, invite: PhoneMessage, answer: PhoneMessage, parts: RequestParts = {}): PhoneMessage {
    const dialog = { callId: header(invite, 'call-id'), from: header(answer, 'to'), to: header(invite, 'from') };
    return this.request(method, { uri: contactOf(invite), ...dialog, ...parts });
  }

  /** Answers a request of the edge. */
  answer(request: PhoneMessage, status: number, parts: { tag?: string; headers?: Fields; body?: string } = {}): PhoneMessage {
    const { tag = 'phone', headers = [], body } = parts;
    const to = header(request, 'to');
    const fields: Fields = [
      ...(request.headers.get('via') ?? []).map((value) => ['Via', value] as const),
      ...(request.headers.get('record-route') ?? []).map((value) => ['Record-Route', value] as const),
      ['From', header(request, 'from')],
      ['To', status === 100 || tagOf(to) !== undefined ? to : `${to};tag=${tag}`],
      ['Call-ID', header(request, 'call-id')],
      ['CSeq', header(request, 'cseq')],
      ['Contact', `<${this.contact}>`],
      ...headers,
      ...(body === undefined ? [] : ([['Content-Type', 'application/sdp']] as const)),
    ];
    const text = writeMessage(`SIP/2.0 ${status} Answer`, fields, body);
    this.raw(text);
    return readMessage(text);
  }

  /** The next request of this method; others that came stay. */
  nextRequest(method: string, withinMs?: number): Promise<PhoneMessage> {
    return this.next((message) => message.method === method, `${this.name} gets ${method}`, withinMs);
  }

  /** The next response with this status to a request of this method. */
  nextResponse(status: number, method?: string, withinMs?: number): Promise<PhoneMessage> {
    const fits = (message: PhoneMessage) =>
      message.status === status && (method === undefined || header(message, 'cseq').endsWith(` ${method}`));
    return this.next(fits, `${this.name} gets ${status} ${method ?? ''}`, withinMs);
  }

  /** How many messages wait that were not looked at. */
  count(fits: (message: PhoneMessage) => boolean): number {
    return this.#waiting.filter(fits).length;
  }

  /** The next message that fits; others that came stay. */
  next(fits: (message: PhoneMessage) => boolean, what: string, withinMs = 3_000): Promise<PhoneMessage> {
    return eventually(
      () => {
        const index = this.#waiting.findIndex(fits);
        const [found] = index < 0 ? [] : this.#waiting.splice(index, 1);
        if (found === undefined)
          throw new Error(`has ${this.#waiting.map(({ startLine }) => startLine).join(' / ') || 'nothing'}`);
        return found;
      },
      { withinMs, everyMs: 5, what },
    );
  }
}

/** The URI of the Contact. */
export function contactOf(message: PhoneMessage): string {
  const value = header(message, 'contact');
  return /<([^>]+)>/.exec(value)?.[1] ?? value;
}
