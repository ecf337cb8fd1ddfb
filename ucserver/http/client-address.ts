import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import type { HttpConfig } from './config.ts';
import { Networks } from './networks.ts';

/**
 * Finds the client's own address behind proxies: starting with the connection, as long as an address is a trusted proxy's, the
 * one it names before itself is looked at, in the one header that proxies here write. What an untrusted client claims is never
 * believed, and neither is a header that proxies pass on as it came.
 */
export class ClientAddress {
  readonly #trusted: Networks;
  readonly #header: HttpConfig['forwardedHeader'];

  constructor({ trustedProxies, forwardedHeader }: Pick<HttpConfig, 'trustedProxies' | 'forwardedHeader'>) {
    this.#trusted = new Networks(trustedProxies);
    this.#header = forwardedHeader;
  }

  /** Whether no proxy is in between, as far as can be seen. */
  isDirect({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
    const address = plain(socket.remoteAddress ?? '');
    return address !== undefined && !this.#trusted.includes(address) && !signsOfProxies.some((name) => name in headers);
  }

  of({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    let address = plain(socket.remoteAddress ?? '') ?? '0.0.0.0';
    if (!this.#trusted.includes(address)) return address;
    const named = this.#header === 'Forwarded' ? forwarded(headers) : xForwardedFor(headers);
    while (named.length > 0 && this.#trusted.includes(address)) {
      const before = plain(named.pop() ?? '');
      if (before === undefined) break;
      address = before;
    }
    return address;
  }
}

/** Headers that proxies add. */
const signsOfProxies = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/** From the client to the last proxy. */
function xForwardedFor(headers: IncomingMessage['headers']): string[] {
  return String(headers['x-forwarded-for'] ?? '').split(',');
}

/** From the client to the last proxy (RFC 7239). */
function forwarded(headers: IncomingMessage['headers']): string[] {
  return (headers.forwarded ?? '').split(',').map((hop) => /(?:^|;)\s*for=("[^"]*"|[^;]*)/i.exec(hop)?.[1] ?? '');
}

/** The address without port, brackets and quotes; an IPv4 address in IPv6 clothes as IPv4. */
function plain(text: string): string | undefined {
  // As most are, and this is asked for every connection.
  if (isIPv4(text)) return text;
  const bare = text.trim().replaceAll('"', '');
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1];
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(bare)?.[1];
  const address = (bracketed ?? withPort ?? bare).replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address;
}
