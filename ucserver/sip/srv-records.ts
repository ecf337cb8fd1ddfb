import { isIP } from 'node:net';
import type { SipListener } from './location-map.ts';

const services = { udp: '_sip._udp', tcp: '_sip._tcp', tls: '_sips._tcp' } as const;
const naptr = { udp: 'SIP+D2U', tcp: 'SIP+D2T', tls: 'SIPS+D2T' } as const;
type Protocol = keyof typeof services;
/** Best first (RFC 3263: phones take what they can of the lowest order). */
const protocols: readonly Protocol[] = ['tls', 'tcp', 'udp'];
const secondsToLive = 300;

/** A server as its records name it. */
export interface SipServer {
  readonly serverId: string;
  readonly listeners: readonly SipListener[];
}

/**
 * Pure: the DNS records (RFC 2782, RFC 3263) by which phones of a domain find every server, and another when theirs does not
 * answer, as lines of a zone file. What cannot be written, because a server names an address and not a host, is a comment.
 */
export function srvRecords(domain: string, servers: readonly SipServer[]): string[] {
  const records = protocols.flatMap((protocol) =>
    servers.flatMap(({ serverId, listeners }) =>
      listeners
        .filter((each) => each.protocol === protocol)
        .map(({ host, port }) =>
          isIP(host) === 0
            ? `${services[protocol]}.${domain}. ${secondsToLive} IN SRV 10 100 ${port} ${host}.`
            : `; ${serverId} tells the address ${host} for ${protocol}: name a host in sip.listeners[].advertised`,
        ),
    ),
  );
  const offered = protocols.filter((protocol) => records.some((record) => record.startsWith(`${services[protocol]}.`)));
  return [
    ...offered.map(
      (protocol, index) =>
        `${domain}. ${secondsToLive} IN NAPTR ${10 * (index + 1)} 50 "s" "${naptr[protocol]}" "" ${services[protocol]}.${domain}.`,
    ),
    ...records,
  ];
}
