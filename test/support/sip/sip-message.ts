/** SIP messages as the test's own phones read and write them, independent of the product's parser. */
export interface PhoneMessage {
  readonly startLine: string;
  /** Undefined for responses. */
  readonly method: string | undefined;
  /** Undefined for requests. */
  readonly status: number | undefined;
  /** By name in lower case, in their order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
  readonly text: string;
}

export function readMessage(text: string): PhoneMessage {
  const end = text.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  const status = /^SIP\/2\.0 (\d+)/.exec(startLine)?.[1];
  return {
    startLine,
    method: status === undefined ? startLine.split(' ')[0] : undefined,
    status: status === undefined ? undefined : Number(status),
    headers,
    body: text.slice(end + 4),
    text,
  };
}

/** The first value of a header. @throws Error when there is none */
export function header(message: PhoneMessage, name: string): string {
  const value = message.headers.get(name.toLowerCase())?.[0];
  if (value === undefined) throw new Error(`no ${name} in\n${message.text}`);
  return value;
}

export function tagOf(value: string): string | undefined {
  return /;tag=([^;>\s]+)/.exec(value)?.[1];
}

export type Fields = readonly (readonly [name: string, value: string])[];

export function writeMessage(startLine: string, headers: Fields, body = ''): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${startLine}\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export const sdp = (port: number) =>
  `v=0\r\no=- 1 ${port} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=sendrecv\r\n`;
