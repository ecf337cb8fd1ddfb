import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { DeviceSecret } from '#test/support/sip/registered-phone.ts';
import { header, type PhoneMessage, readMessage, sdp } from '#test/support/sip/sip-message.ts';
import type { WireAddress } from '#test/support/sip/wire.ts';
import { digestResponse, digestVerifier } from '#ucserver/sip/digest.ts';

export interface CallLoad {
  readonly to: WireAddress;
  readonly user: string;
  /** Undefined: nobody asks who calls. */
  readonly caller: DeviceSecret | undefined;
  readonly perSecond: number;
  readonly calls: number;
  readonly holdMs: number;
}

export interface CallLoadResult {
  readonly connected: number;
  readonly failed: number;
  /** Answers that came again because something was slow. */
  readonly repeated: number;
}

interface Call {
  readonly id: string;
  readonly tag: string;
  seq: number;
  answered: PhoneMessage | undefined;
}

const patienceMs = 8_000;

/** One caller over UDP that makes many calls: INVITE (asked who it is), 200 ms later BYE. It repeats nothing, so what is lost has failed. */
export async function makeCalls(load: CallLoad): Promise<CallLoadResult> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const caller = new Caller(socket, load);
  try {
    return await caller.run();
  } finally {
    socket.close();
  }
}

class Caller {
  readonly #socket: Socket;
  readonly #load: CallLoad;
  readonly #calls = new Map<string, Call>();
  readonly #seen = new Set<string>();
  readonly #verifier: ReturnType<typeof digestVerifier> | undefined;
  #connected = 0;
  #failed = 0;
  #repeated = 0;

  constructor(socket: Socket, load: CallLoad) {
    this.#socket = socket;
    this.#load = load;
    this.#verifier = load.caller && digestVerifier(load.caller.id, load.caller.realm, load.caller.secret);
    socket.on('message', (bytes) => this.#got(bytes.toString('latin1')));
  }

  async run(): Promise<CallLoadResult> {
    const { calls, perSecond } = this.#load;
    const beganMs = performance.now();
    for (let begun = 0; begun < calls; ) {
      const due = Math.min(calls, Math.floor(((performance.now() - beganMs) / 1_000) * perSecond) + 1);
      for (; begun < due; begun += 1) this.#begin(`${begun}-${Math.random().toString(36).slice(2)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const untilMs = performance.now() + patienceMs;
    while (this.#connected + this.#failed < calls && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 20));
    this.#isOver = true;
    return { connected: this.#connected, failed: calls - this.#connected, repeated: this.#repeated };
  }

  /** Nobody looks at what comes any more, and the socket may be closed. */
  #isOver = false;

  #begin(id: string): void {
    const call: Call = { id, tag: id.slice(-8), seq: 1, answered: undefined };
    this.#calls.set(id, call);
    this.#send(call, 'INVITE', { body: sdp(4_000) });
  }

  #got(text: string): void {
    if (this.#seen.has(text)) {
      this.#repeated += 1;
      return;
    }
    this.#seen.add(text);
    const message = readMessage(text);
    const call = this.#calls.get(header(message, 'call-id'));
    if (call === undefined || message.status === undefined || message.status < 200) return;
    if (header(message, 'cseq').endsWith('BYE')) this.#over(call, message.status === 200);
    else if (message.status === 401 && call.seq === 1) this.#prove(call, message);
    else if (message.status === 200) this.#talk(call, message);
    else this.#over(call, false);
  }

  #prove(call: Call, challenge: PhoneMessage): void {
    const { caller } = this.#load;
    this.#send(call, 'ACK', { to: header(challenge, 'to'), branch: branchOf(call) });
    if (caller === undefined || this.#verifier === undefined) return;
    const nonce = /nonce="([^"]+)"/.exec(header(challenge, 'www-authenticate'))?.[1] ?? '';
    const uri = this.#uri;
    const proof = { algorithm: 'SHA-256', nonce, nc: '00000001', cnonce: 'bench', uri } as const;
    const response = digestResponse(proof, this.#verifier, 'INVITE');
    call.seq = 2;
    const authorization = `Digest username="${caller.id}", realm="${caller.realm}", nonce="${nonce}", uri="${uri}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="bench", response="${response}"`;
    this.#send(call, 'INVITE', { body: sdp(4_000), headers: `Authorization: ${authorization}\r\n` });
  }

  #talk(call: Call, answer: PhoneMessage): void {
    call.answered = answer;
    const target = /<([^>]+)>/.exec(header(answer, 'contact'))?.[1] ?? this.#uri;
    const to = header(answer, 'to');
    this.#send(call, 'ACK', { to, uri: target, branch: `${branchOf(call)}a` });
    setTimeout(() => {
      if (this.#isOver) return;
      call.seq += 1;
      this.#send(call, 'BYE', { to, uri: target });
    }, this.#load.holdMs);
  }

  #over(call: Call, isWell: boolean): void {
    this.#calls.delete(call.id);
    if (isWell) this.#connected += 1;
    else this.#failed += 1;
  }

  get #uri(): string {
    return `sip:${this.#load.user}@${this.#load.to.host}:${this.#load.to.port}`;
  }

  #send(
    call: Call,
    method: string,
    {
      to,
      uri = this.#uri,
      branch = branchOf(call),
      headers = '',
      body = '',
    }: { to?: string; uri?: string; branch?: string; headers?: string; body?: string },
  ): void {
    const { port } = this.#socket.address();
    const { to: edge } = this.#load;
    const text = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=${branch};rport`,
      `From: <sip:bench@127.0.0.1>;tag=${call.tag}`,
      `To: ${to ?? `<${this.#uri}>`}`,
      `Call-ID: ${call.id}`,
      `CSeq: ${call.seq} ${method}`,
      `Contact: <sip:bench@127.0.0.1:${port}>`,
      'Max-Forwards: 70',
      `${headers}${body === '' ? '' : 'Content-Type: application/sdp\r\n'}Content-Length: ${body.length}`,
    ].join('\r\n');
    this.#socket.send(`${text}\r\n\r\n${body}`, edge.port, edge.host);
  }
}

function branchOf({ id, seq }: Call): string {
  return `z9hG4bK${id}-${seq}`;
}
