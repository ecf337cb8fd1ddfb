import type { EdgeAddress } from './location-map.ts';

const protocols = ['tcp', 'udp', 'tls'] as const;
const unspecified = new Set(['0.0.0.0', '::']);

/**
 * Pure: how other servers reach this edge.
 *
 * @param listeners as the edge names them, `udp/192.0.2.1:5060,tls/[2001:db8::1]:5061`
 * @param ownHost how other servers reach this host; stands for a listener on all addresses
 * @param wanted the protocol to use; default: the first of tcp, udp and tls that there is
 */
export function edgeAddress(
  listeners: string,
  ownHost: string,
  wanted: EdgeAddress['protocol'] | undefined,
): EdgeAddress | undefined {
  const found = listeners.split(',').flatMap((text) => {
    const match = /^(\w+)\/\[?([^\]]+)\]?:(\d+)$/.exec(text.trim());
    const protocol = protocols.find((each) => each === match?.[1]);
    const host = match?.[2] ?? '';
    const port = Number(match?.[3]);
    return protocol === undefined || !(port > 0) ? [] : [{ protocol, host: unspecified.has(host) ? ownHost : host, port }];
  });
  const order = wanted === undefined ? protocols : [wanted];
  return order.flatMap((protocol) => found.filter((each) => each.protocol === protocol)).at(0);
}
