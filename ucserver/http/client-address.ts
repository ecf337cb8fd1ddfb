import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { Networks } from './networks.ts';

/**
 * Finds the client's own address behind proxies: starting with the connection, as long as an address is a trusted proxy's, the
 * one it names before itself is looked at (`X-Forwarded-For`, else `Forwarded`, RFC 7239). What an untrusted client claims is
 * never believed.
 */
export class ClientAddress {
  readonly #trusted: Networks;

  constructor(trustedProxies: readonly string[]) {
    this.#trusted = new Networks(trustedProxies);
  }

  of({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    let address = plain(socket.remoteAddress ?? '') ?? '0.0.0.0';
    if (!this.#trusted.includes(address)) return address;
    const named = forwardedFor(headers);
    while (named.length > 0 && this.#trusted.includes(address)) {
      const before = plain(named.pop() ?? '');
      if (before === undefined) break;
      address = before;
    }
    return address;
  }
}

/** From the client to the last proxy. */
function forwardedFor(headers: IncomingMessage['headers']): string[] {
  const xForwardedFor = headers['x-forwarded-for'];
  if (xForwardedFor !== undefined) return String(xForwardedFor).split(',');
  return (headers.forwarded ?? '').split(',').map((hop) => /(?:^|;)\s*for=("[^"]*"|[^;]*)/i.exec(hop)?.[1] ?? '');
}

/** The address without port, brackets and quotes; an IPv4 address in IPv6 clothes as IPv4. */
function plain(text: string): string | undefined {
  const bare = text.trim().replaceAll('"', '');
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1];
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(bare)?.[1];
  const address = (bracketed ?? withPort ?? bare).replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address;
}
