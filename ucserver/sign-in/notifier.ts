import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { type Fragment, fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { AttachedConnections } from './attached-connections.ts';
import type { ReachSource } from './port.ts';
import type { Redirection } from './redirection.ts';

export interface NotifierOptions {
  readonly cluster: Cluster;
  readonly sessions: SessionTable;
  readonly attached: AttachedConnections;
  readonly redirection: Redirection;
  readonly reach: ReachSource;
}

/** Tells the clients of this server's connections which servers there are and what is out of reach, whenever that changes. */
export function notifyClients({ cluster, sessions, attached, redirection, reach }: NotifierOptions): Unsubscribe {
  let servers = JSON.stringify(redirection.servers());
  let reached = JSON.stringify(reach.reach());
  const tell = (event: Fragment, key: string) => {
    // What is out of reach for an attached client is what is out of reach from the server of its connection.
    for (const session of sessions.all()) if (!session.via) session.push(event, key);
    for (const { link } of attached.all()) link.push(event, key);
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
