import type { Incarnation, ServerId } from '../ids.ts';
import type { Mesh, Unsubscribe } from '../mesh/mesh-port.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { MemberRecord } from '../redis/records.ts';

/** How much a server carries, and where it takes SIP: told to the others with every heartbeat. */
export type Load = Pick<MemberRecord, 'users' | 'connections' | 'fill' | 'draining' | 'full' | 'sip' | 'lines'>;

/** A living server as seen from here. */
export interface Member extends MemberRecord {
  readonly incarnation: Incarnation;
  /** Nothing was heard of it for 1.5 s, or our own bus is down: what we know of its users is stale. */
  readonly suspected: boolean;
  /** Since when (own monotonic ms) this incarnation is known here. */
  readonly sinceMs: number;
  /** Since when (own monotonic ms) it is heard without interruption; `undefined` while suspected or the bus is down. */
  readonly healthySinceMs: number | undefined;
}

/** What a probe of a server's mesh address found. */
export type ProbeResult =
  /** It answers under the incarnation asked for. */
  | 'alive'
  /** Nobody listens there, or another incarnation does: this one is gone. */
  | 'refused'
  /** No answer in time: dead, hung or cut off. */
  | 'silent';

/** The living servers, in memory. */
export interface Members {
  /** Every living server, ourselves included. */
  all(): readonly Member[];
  get(serverId: ServerId): Member | undefined;
  /** True while this very incarnation is alive as far as we know; our own always is. */
  isLive(incarnation: Incarnation): boolean;
  /** True when this incarnation has died for good. */
  isBuried(incarnation: Incarnation): boolean;
  /** Asks the server itself, 2 × 250 ms at most; a refusal makes it lost at once. */
  probe(serverId: ServerId): Promise<ProbeResult>;
  onJoined(listener: (member: Member) => void): Unsubscribe;
  /** Load, urls, draining or `suspected` changed. */
  onChanged(listener: (member: Member) => void): Unsubscribe;
  /** This incarnation is dead: known here at the latest 2.6 s after its end. Every server hears this once per incarnation. */
  onLost(listener: (incarnation: Incarnation) => void): Unsubscribe;
}

/** Repeatable work after a death, done by one server. `renew` keeps the right to do it; it throws when that was lost. */
export type LostStep = (lost: Incarnation, renew: () => Promise<void>) => Promise<void>;

/** One server's place in the mesh. */
export interface Cluster {
  readonly mesh: Mesh;
  readonly redis: RedisConnection;
  readonly members: Members;
  /** Present incarnation (the same as `mesh.self`). */
  readonly self: Incarnation;
  /**
   * False after a pause of our own loop over 1.5 s until we have read that we are not buried: write nothing and push nothing to clients.
   */
  readonly mayServe: boolean;
  /** False in addition after a gap of our own heartbeat: Redis and peers must not be written to, own clients are served. */
  readonly mayWrite: boolean;
  /** Resolves when {@link mayWrite} holds. @throws UCError `SHUTTING_DOWN` when it never will. */
  untilMayWrite(): Promise<void>;
  /** A named step of the reaper; steps run in the order they were added, each may run again after a failure. */
  addLostStep(name: string, step: LostStep): Unsubscribe;
  /** We were buried and live again under a new incarnation: take over what nobody else owns, redirect the rest. */
  onRebirth(listener: (now: Incarnation, before: Incarnation) => void): Unsubscribe;
  /** {@link mayServe} or {@link mayWrite} changed. */
  onPermission(listener: () => void): Unsubscribe;
  /** After every reconnect to Redis and every changed run id, when tombstones were re-added: assert users, locations, calls anew within 1 s. */
  onRedisBack(listener: () => void): Unsubscribe;
  /** Sends a heartbeat now instead of within 500 ms, for example when draining begins. */
  beatNow(): Promise<void>;
}
