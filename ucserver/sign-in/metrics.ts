import { Counter, Gauge, type Registry } from 'prom-client';
import type { OpenResult } from '#shared/protocol/session.ts';
import type { RedirectReason } from './redirection.ts';

export interface SignInMetrics {
  opened(result: OpenResult): void;
  /** Clients were sent after their user. */
  moved(reason: RedirectReason): void;
}

/** @param attached how many connections here are served for other owners. */
export function createMetrics(registry: Registry, users: () => number, attached: () => number): SignInMetrics {
  const registers = [registry];
  const outcomes = new Counter({
    ...{ name: 'ucmesh_session_opens_total', help: 'What became of clients that opened a session, by answer.', registers },
    labelNames: ['status'],
  });
  const moves = new Counter({
    ...{ name: 'ucmesh_users_moved_total', help: 'Users who went from this server to another, by reason.', registers },
    labelNames: ['reason'],
  });
  new Gauge({
    ...{ name: 'ucmesh_users', help: 'Users with sessions who are owned by this server.', registers },
    collect() {
      this.set(users());
    },
  });
  new Gauge({
    ...{ name: 'ucmesh_connections_attached', help: 'Connections here whose users are owned by other servers.', registers },
    collect() {
      this.set(attached());
    },
  });
  return {
    opened: (result) => outcomes.inc({ status: result.status === 'welcome' && result.attached ? 'attached' : result.status }),
    moved: (reason) => moves.inc({ reason }),
  };
}
