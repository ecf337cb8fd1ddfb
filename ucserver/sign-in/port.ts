import type { DeviceId, UserId } from '#shared/ids.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Reach } from '#shared/protocol/session.ts';
import type { SessionOpener } from '#ucserver/gateway/index.ts';

/** Who an access token speaks for. */
export interface TokenBearer {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** Wall time in ms. */
  readonly endsAt: number;
  /** Wall time in ms at which the password was given. */
  readonly signedInAt: number;
  /** The person's token generation when the token was made. */
  readonly generation: number;
}

/** What of a token tells whether it was made void. */
export type TokenProof = Omit<TokenBearer, 'endsAt'>;

/** Recognises access tokens; part of auth. */
export interface TokenVerifier {
  /** @throws UCError TOKEN_INVALID */
  verify(token: string): Promise<TokenBearer>;
  /** False once this server knows that the device was signed out or the person locked since the token was made. */
  holds(proof: TokenProof): boolean;
}

/** Licensed seats; part of licensing. */
export interface SeatSource {
  /** Gives a person a seat; who has one keeps it. @throws UCError `LICENCE_EXHAUSTED` */
  take(userId: UserId): Promise<void>;
  /** The person uses no seat any more. */
  leave(userId: UserId): void;
}

/** What signing in needs to know from others. */
export interface ReachSource {
  /** What is out of reach from this server now. */
  reach(): Reach;
  /** Called after every change of {@link reach}. */
  onReach(listener: () => void): Unsubscribe;
}

/** What this server tells the others with every heartbeat; part of the cluster's load record. */
export interface SignInLoad {
  readonly users: number;
  readonly fill: number;
  readonly full: boolean;
  readonly draining: boolean;
}

/** Signing in: decides where clients are served, and moves them when servers die, stop or come back. */
export interface SignIn extends SessionOpener {
  load(): SignInLoad;
  /**
   * From now on nobody is taken; all sessions are sent to other servers, spread over the configured time. Resolves when nobody
   * is left, or after `withinMs` at the latest, when the rest was told to go.
   */
  drain(withinMs: number): Promise<void>;
  /**
   * A user who may not be moved to their home server now (a call, an upload). Asked often: answer from memory.
   */
  addMoveVeto(isBusy: (userId: UserId) => boolean): Unsubscribe;
  /**
   * Users with reasons to be owned although they are signed in nowhere (a call on a desk phone): they are not given up as long as
   * one of these answers true. Asked often: answer from memory.
   */
  addClaims(hasClaims: (userId: UserId) => boolean): Unsubscribe;
  /** Their server died: what is known of them is stale until they are back or given up. */
  onStale(listener: (users: readonly UserId[]) => void): Unsubscribe;
  /**
   * They are not back in time after their server's death (`sinceMs`, wall time): offline since then. Every server calls it for
   * all users of the dead server.
   */
  onGone(listener: (users: readonly UserId[], sinceMs: number) => void): Unsubscribe;
  /** Whether the user's server has died and they are neither back nor given up. */
  isMissing(userId: UserId): boolean;
  start(): void;
  stop(): void;
}
