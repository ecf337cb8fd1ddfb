import { isIP } from 'node:net';
import { bareHost, type SipUri } from '../message/uri.ts';
import type { NameSource, SrvRecord } from './dns.ts';
import type { Protocol } from './flow.ts';

/** Where a request can be sent. */
export interface Target {
  readonly protocol: Protocol;
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** The name a TLS certificate must be for. */
  readonly serverName: string;
}

const services: readonly (readonly [protocol: Protocol, service: string, naptr: string])[] = [
  ['tls', '_sips._tcp', 'SIPS+D2T'],
  ['tcp', '_sip._tcp', 'SIP+D2T'],
  ['udp', '_sip._udp', 'SIP+D2U'],
];

/** The transport a URI names; `undefined` when it names none, `unknown` when it is none of ours. */
export function namedProtocol(uri: SipUri): Protocol | 'unknown' | undefined {
  const named = uri.params.get('transport')?.toLowerCase();
  if (named === undefined || named === '') return uri.secure ? 'tls' : undefined;
  if (named === 'tcp') return uri.secure ? 'tls' : 'tcp';
  if (named === 'ws') return uri.secure ? 'wss' : 'ws';
  return named === 'udp' || named === 'tls' || named === 'wss' ? named : 'unknown';
}

export function defaultPort(protocol: Protocol): number {
  return protocol === 'tls' || protocol === 'wss' ? 5061 : 5060;
}

/**
 * The targets of a URI, best first (RFC 3263 4).
 *
 * @param offered protocols over which this edge can send
 */
export async function resolveTargets(uri: SipUri, names: NameSource, offered: readonly Protocol[]): Promise<readonly Target[]> {
  const host = bareHost(uri.params.get('maddr') || uri.host);
  const named = namedProtocol(uri);
  if (named === 'unknown' || (named !== undefined && !offered.includes(named))) return [];
  const first = named ?? (offered.includes('udp') ? 'udp' : offered[0]);
  if (first === undefined) return [];
  const at = (protocol: Protocol, address: string, port: number) => ({ protocol, address, port, serverName: bareHost(uri.host) });
  if (isIP(host) !== 0) return [at(first, host, uri.port ?? defaultPort(first))];
  if (uri.port !== undefined) {
    const port = uri.port;
    return (await names.addresses(host)).map((address) => at(first, address, port));
  }
  const bySrv = await srvTargets(host, named, names, offered);
  const targets: Target[] = [];
  for (const { protocol, record } of bySrv) {
    for (const address of await names.addresses(record.target)) targets.push(at(protocol, address, record.port));
  }
  if (bySrv.length > 0) return targets;
  return (await names.addresses(host)).map((address) => at(first, address, defaultPort(first)));
}

interface Found {
  readonly protocol: Protocol;
  readonly record: SrvRecord;
}

async function srvTargets(
  host: string,
  named: Protocol | undefined,
  names: NameSource,
  offered: readonly Protocol[],
): Promise<readonly Found[]> {
  const usable = services.filter(([protocol]) => offered.includes(protocol) && (named === undefined || protocol === named));
  const naptr = named === undefined ? await names.naptr(host) : [];
  const chosen = [...naptr]
    .filter(({ flags }) => flags.toLowerCase() === 's')
    .sort((one, other) => one.order - other.order || one.preference - other.preference)
    .flatMap(({ services: service, replacement }) =>
      usable.filter(([, , name]) => name === service.toUpperCase()).map(([protocol]) => ({ protocol, name: replacement })),
    );
  // Without NAPTR the customary order is kept the other way round: UDP is what everybody has.
  const asked =
    chosen.length > 0 ? chosen : [...usable].reverse().map(([protocol, name]) => ({ protocol, name: `${name}.${host}` }));
  const found: Found[] = [];
  for (const { protocol, name } of asked) {
    for (const record of inOrder(await names.srv(name))) found.push({ protocol, record });
    if (found.length > 0 && chosen.length === 0) break;
  }
  return found;
}

/** By priority; within one, at random by weight (RFC 2782). */
export function inOrder(records: readonly SrvRecord[], random: () => number = Math.random): readonly SrvRecord[] {
  const left = [...records].sort((one, other) => one.priority - other.priority);
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const priority = left[0]?.priority;
    const group = left.filter((record) => record.priority === priority);
    const total = group.reduce((sum, { weight }) => sum + weight, 0);
    let rest = random() * total;
    const chosen =
      group.find(({ weight }) => {
        rest -= weight;
        return rest <= 0;
      }) ?? group[0];
    if (chosen === undefined) break;
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}
