import type { EdgeAddress, SipListener } from './location-map.ts';

/** Pure: where an edge is reached. */

const protocols = ['tcp', 'udp', 'tls', 'wss', 'ws'] as const;
const unspecified = new Set(['0.0.0.0', '::']);
/** Two families, five protocols, and nobody needs more than that told. */
const mostListeners = 20;

/**
 * Reads what an edge says of its listeners, in the order in which other servers should use them.
 *
 * @param listeners `udp/192.0.2.1:5060,tls/[2001:db8::1]:5061`
 * @param ownHost how other servers reach this host; stands for a listener on all addresses
 * @param between the protocol that other servers shall use; default: tcp, which takes large requests, else udp, else tls
 */
export function readListeners(listeners: string, ownHost: string, between: EdgeAddress['protocol'] | undefined): SipListener[] {
  const found = listeners.split(',').flatMap((text): SipListener[] => {
    const match = /^(\w+)\/\[?([^\]]+)\]?:(\d+)$/.exec(text.trim());
    const protocol = protocols.find((each) => each === match?.[1]);
    const host = match?.[2] ?? '';
    const port = Number(match?.[3]);
    return protocol === undefined || !(port > 0) ? [] : [{ protocol, host: unspecified.has(host) ? ownHost : host, port }];
  });
  const place = ({ protocol }: SipListener) => (protocol === between ? -1 : protocols.indexOf(protocol));
  return found.sort((one, other) => place(one) - place(other)).slice(0, mostListeners);
}

/** How to pass a call to an edge with these listeners: the first that speaks SIP without a WebSocket. */
export function edgeAddress(listeners: readonly SipListener[]): EdgeAddress | undefined {
  return listeners.find((each): each is EdgeAddress => each.protocol !== 'ws' && each.protocol !== 'wss');
}
