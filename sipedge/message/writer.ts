import { withTag } from './address.ts';
import type { Headers, Received, RequestLine, SipMessage, StatusLine } from './message.ts';
import { Headers as HeaderList } from './message.ts';

/** The message as it is sent; Content-Length is made here and nowhere else. */
export function messageText({ start, headers, body }: SipMessage): string {
  return `${startText(start)}\r\n${headers.toText()}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function startText(start: RequestLine | StatusLine): string {
  return start.kind === 'request' ? `${start.method} ${start.uri} SIP/2.0` : `SIP/2.0 ${start.status} ${start.reason}`;
}

/** A received message as the application gets it: names as customary, the topmost Via as corrected. */
export function receivedText({ start, headers, body }: Received): string {
  let text = `${startText(start)}\r\n`;
  for (const [name, value] of headers.entries()) if (name !== 'Content-Length') text += `${name}: ${value}\r\n`;
  return `${text}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** What a response repeats of its request (RFC 3261 8.2.6.2). */
export function responseHeaders(request: Headers, toTag: string | undefined): Headers {
  const headers = new HeaderList();
  for (const via of request.all('Via')) headers.add('Via', via);
  for (const name of ['From', 'To', 'Call-ID', 'CSeq'] as const) {
    const value = request.get(name);
    if (value === undefined) continue;
    headers.add(name, name === 'To' && toTag !== undefined ? withTag(value, toTag) : value);
  }
  return headers;
}
