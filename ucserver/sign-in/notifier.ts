import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { type Fragment, fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { ReachSource } from './port.ts';
import type { Redirection } from './redirection.ts';

/** Tells clients which servers there are and what is out of reach, whenever that changes. */
export function notifyClients(
  cluster: Cluster,
  sessions: SessionTable,
  redirection: Redirection,
  reach: ReachSource,
): Unsubscribe {
  let servers = JSON.stringify(redirection.servers());
  let reached = JSON.stringify(reach.reach());
  const tell = (event: Fragment, key: string) => {
    for (const session of sessions.all()) session.push(event, key);
  };
  const serversChanged = () => {
    const now = redirection.servers();
    const text = JSON.stringify(now);
    if (text === servers) return;
    servers = text;
    tell(fragment('system.servers', { servers: now }), 'system.servers');
  };
  const reachChanged = () => {
    const now = reach.reach();
    const text = JSON.stringify(now);
    if (text === reached) return;
    reached = text;
    tell(fragment('system.reach', now), 'system.reach');
  };
  const { members } = cluster;
  const stops = [
    members.onJoined(serversChanged),
    members.onChanged(serversChanged),
    members.onLost(serversChanged),
    reach.onReach(reachChanged),
  ];
  return () => stops.forEach((stop) => void stop());
}
