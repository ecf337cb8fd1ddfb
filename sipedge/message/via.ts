import { parseParams } from './address.ts';
import type { Via } from './message.ts';

const start =
  /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([\w\-.!%*+`'~]+)[ \t]+(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?:[ \t]*:[ \t]*(\d{1,5}))?/i;

/** One Via value. @returns undefined when it is malformed. */
export function parseVia(text: string): Via | undefined {
  const match = start.exec(text);
  if (match === null) return undefined;
  const [whole, transport = '', host = '', port] = match;
  if (port !== undefined && (Number(port) > 65_535 || Number(port) === 0)) return undefined;
  const params = parseParams(text, whole.length);
  return params && { transport, host, port: port === undefined ? undefined : Number(port), params };
}

/** Where the topmost value ends in a header that holds several; commas in quotes do not count. */
export function firstViaEnd(value: string): number {
  let inQuotes = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at];
    if (char === '"') inQuotes = !inQuotes;
    else if (inQuotes && char === '\\') at += 1;
    else if (char === ',' && !inQuotes) return at;
  }
  return value.length;
}

export function viaText({ transport, host, port, params }: Via): string {
  let text = `SIP/2.0/${transport} ${host}`;
  if (port !== undefined) text += `:${port}`;
  for (const [name, value] of params) text += value === '' ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** The Via with where the message really came from (RFC 3261 18.2.1, RFC 3581 4). */
export function withSource(via: Via, address: string, port: number): Via {
  const asksForPort = via.params.has('rport');
  const isSame = via.host === address || via.host === `[${address}]`;
  if (!asksForPort && isSame) return via;
  const params = new Map(via.params);
  if (asksForPort) params.set('rport', String(port));
  if (asksForPort || !isSame) params.set('received', address);
  return { ...via, params };
}
