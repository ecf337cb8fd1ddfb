import { listOf, parseAddress } from './address.ts';
import { type MessageLimits, messageLimits } from './limits.ts';
import { type CSeq, Headers, type Received, type RequestLine, type StatusLine } from './message.ts';
import { headerName } from './names.ts';
import { parseSipUri, schemeOf } from './uri.ts';
import { firstViaEnd, parseVia } from './via.ts';

/** Why a message was not taken, and what can be answered to it. */
export interface Refusal {
  /** Undefined: it cannot be answered (a response, an ACK, or nobody to answer to). */
  readonly answer: { readonly status: number; readonly reason: string; readonly headers: Headers } | undefined;
  readonly problem: string;
}

/** Start line and headers of a message; the body is still to come. */
export interface Head {
  readonly start: RequestLine | StatusLine;
  readonly headers: Headers;
  /** Undefined when there is no Content-Length. */
  readonly contentLength: number | undefined;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

const requestLine = /^([\w\-.!%*+`'~]+) ([^ \t]+) SIP\/(\d+)\.(\d+)$/i;
const statusLine = /^SIP\/2\.0 (\d{3})(?: (.*))?$/i;
const forbiddenBytes = /\0|\r(?!\n)|(?:^|[^\r])\n/;
const folds = /[ \t]*\r\n[ \t]+/g;
const cseqPattern = /^(\d{1,10})[ \t]+([\w\-.!%*+`'~]+)$/;
const callIdPattern = /^[\w\-.!%*+`'~()<>:\\"/[\]?{}@]+$/;
const highestSeq = 2 ** 31 - 1;

/** Header fields of which there is one and that are no lists (RFC 3261 7.3.1). */
const single = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length', 'Content-Type', 'Expires', 'RSeq', 'RAck'];

function refuse(problem: string, start?: RequestLine | StatusLine, headers?: Headers, status = 400): Result<never> {
  const isAnswerable = start?.kind === 'request' && start.method !== 'ACK' && headers?.has('Via') === true;
  const answer = isAnswerable ? { status, reason: status === 400 ? problem : (reasons[status] ?? problem), headers } : undefined;
  return { ok: false, refusal: { problem, answer } };
}

const reasons: Readonly<Record<number, string>> = {
  416: 'Unsupported URI Scheme',
  505: 'Version Not Supported',
};

/**
 * Reads start line and headers.
 *
 * @param text up to the empty line, without it
 */
export function parseHead(text: string, limits: MessageLimits = messageLimits): Result<Head> {
  const whole = text.includes('\r\n ') || text.includes('\r\n\t') ? text.replace(folds, ' ') : text;
  const lines = whole.split('\r\n');
  const first = parseStart(lines[0] ?? '');
  if (first === undefined) return refuse('Malformed start line');
  const { start, problem, status } = first;
  const headers = new Headers();
  let fault = forbiddenBytes.test(text) ? 'Malformed line end' : undefined;
  if (lines.length - 1 > limits.headers) return refuse('Too many header fields');
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const colon = line.indexOf(':');
    const name = colon > 0 ? headerName(line.slice(0, colon).trimEnd()) : undefined;
    if (name === undefined) fault ??= 'Malformed header field';
    else headers.add(name, line.slice(colon + 1).trim());
  }
  if (fault !== undefined) return refuse(fault, start, headers);
  if (problem !== undefined) return refuse(problem, start, headers, status);
  const length = headers.get('Content-Length');
  if (headers.count('Content-Length') > 1) return refuse('Multiple Content-Length values', start, headers);
  if (length !== undefined && !/^\d{1,9}$/.test(length)) return refuse('Malformed Content-Length', start, headers);
  return { ok: true, value: { start, headers, contentLength: length === undefined ? undefined : Number(length) } };
}

interface First {
  readonly start: RequestLine | StatusLine;
  readonly problem?: string;
  readonly status?: number;
}

function parseStart(line: string): First | undefined {
  const response = statusLine.exec(line);
  if (response !== null) {
    const status = Number(response[1]);
    return status < 100 || status > 699 ? undefined : { start: { kind: 'response', status, reason: response[2] ?? '' } };
  }
  const request = requestLine.exec(line);
  if (request === null) {
    const almost = /^([\w\-.!%*+`'~]+)\s.*SIP\/2\.0\s*$/i.exec(line);
    const start = { kind: 'request', method: almost?.[1] ?? '', uri: '' } as const;
    return almost === null ? undefined : { start, problem: 'Malformed request line' };
  }
  const [, method = '', uri = '', major, minor] = request;
  const start = { kind: 'request', method, uri } as const;
  if (major !== '2' || minor !== '0') return { start, problem: 'Version Not Supported', status: 505 };
  const scheme = schemeOf(uri);
  if (scheme === undefined) return { start, problem: 'Malformed Request-URI' };
  if (scheme === 'tel') return { start };
  if (scheme !== 'sip' && scheme !== 'sips') return { start, problem: 'Unsupported URI Scheme', status: 416 };
  const parsed = parseSipUri(uri);
  return parsed === undefined || parsed.headers !== '' ? { start, problem: 'Malformed Request-URI' } : { start };
}

/** Completes a head by its body, after checking what both ends of a transaction rely on. */
export function complete({ start, headers }: Head, body: string): Result<Received> {
  for (const name of single) {
    const count = headers.count(name);
    if (count > 1) return refuse(`Multiple ${name} values`, start, headers);
  }
  const viaValue = headers.get('Via');
  const via = viaValue === undefined ? undefined : parseVia(viaValue.slice(0, firstViaEnd(viaValue)).trim());
  if (via === undefined) return refuse('Malformed Via', start);
  const callId = headers.get('Call-ID') ?? '';
  if (!callIdPattern.test(callId)) return refuse('Malformed Call-ID', start, headers);
  const cseq = parseCSeq(headers.get('CSeq') ?? '');
  if (cseq === undefined) return refuse('Malformed CSeq', start, headers);
  if (start.kind === 'request' && cseq.method !== start.method) return refuse('CSeq names another method', start, headers);
  const fromTag = tagOf(headers.get('From'));
  if (fromTag === undefined) return refuse('Malformed From', start, headers);
  const toTag = tagOf(headers.get('To'));
  if (toTag === undefined) return refuse('Malformed To', start, headers);
  const problem = problemOf(headers);
  if (problem !== undefined) return refuse(problem, start, headers);
  return { ok: true, value: { start, headers, body, via, callId, cseq, fromTag, toTag } };
}

/** What may be missing but must be well formed where it stands. */
function problemOf(headers: Headers): string | undefined {
  const hops = headers.get('Max-Forwards');
  if (hops !== undefined && !(/^\d{1,4}$/.test(hops) && Number(hops) <= 255)) return 'Malformed Max-Forwards';
  const contacts = headers.all('Contact');
  if (contacts.length > 0 && !(contacts.length === 1 && contacts[0] === '*')) {
    if (!listOf(contacts).every((contact) => parseAddress(contact) !== undefined)) return 'Malformed Contact';
  }
  for (const name of ['Record-Route', 'Route'] as const) {
    if (headers.has(name) && !listOf(headers.all(name)).every((route) => parseAddress(route) !== undefined))
      return `Malformed ${name}`;
  }
  return undefined;
}

/** The tag of a From or To; the empty text when it has none, undefined when the value is malformed. */
function tagOf(value: string | undefined): string | undefined {
  const address = value === undefined ? undefined : parseAddress(value);
  if (address === undefined) return undefined;
  const tag = address.params.get('tag') ?? '';
  return tag.startsWith('"') || tag.includes('|') ? undefined : tag;
}

export function parseCSeq(value: string): CSeq | undefined {
  const match = cseqPattern.exec(value);
  const seq = Number(match?.[1]);
  return match === null || seq > highestSeq ? undefined : { seq, method: match[2] ?? '' };
}

/** A whole message as one datagram or WebSocket frame brings it; what stands behind Content-Length is not part of it. */
export function parseMessage(text: string, limits: MessageLimits = messageLimits): Result<Received> {
  let begin = 0;
  while (text.startsWith('\r\n', begin)) begin += 2;
  const end = text.indexOf('\r\n\r\n', begin);
  const head = parseHead(text.slice(begin, end < 0 ? undefined : end), limits);
  if (!head.ok) return head;
  const { start, headers, contentLength } = head.value;
  if (end < 0) return refuse('Header fields do not end', start, headers);
  const rest = text.slice(end + 4);
  if (contentLength === undefined) return complete(head.value, rest);
  if (contentLength > rest.length) return refuse('Body shorter than Content-Length', start, headers);
  return complete(head.value, rest.slice(0, contentLength));
}
