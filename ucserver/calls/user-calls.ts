import { type CallId, type Incarnation, type IncarnationId, incarnationId, type UserId } from '#shared/ids.ts';
import { callsTold, type ToldCall } from '#shared/mesh/contracts/calls.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import { type CallView, callSchema } from '#shared/protocol/calls.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';

export interface UserCallsOptions {
  readonly mesh: Mesh;
  readonly ownership: Ownership;
  readonly sessions: Pick<SessionTable, 'ofUser'>;
  readonly clock: Clock;
  /** The server that owned this call is dead: nobody else will say what became of it. */
  readonly onLost: (userId: UserId, view: CallView) => void;
}

interface Source {
  version: number;
  readonly calls: Map<CallId, ToldCall>;
}

/** A call of a user, and who owns it. */
export interface UserCall extends ToldCall {
  readonly owner: IncarnationId;
}

/** The calls of the users whom this server owns, whichever servers own the calls; their sessions are told. */
export class UserCalls {
  readonly #options: UserCallsOptions;
  readonly #byUser = new Map<UserId, Map<IncarnationId, Source>>();
  readonly #stops: (() => void)[] = [];

  constructor(options: UserCallsOptions) {
    this.#options = options;
  }

  start(): void {
    const { mesh, ownership } = this.#options;
    this.#stops.push(
      mesh.on(callsTold, ({ users }, from) => {
        for (const { userId, calls, version } of users) this.told(from, userId, calls, version);
      }),
      ownership.onLost((userId) => this.#byUser.delete(userId)),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Whether the user has a call; asked often. */
  has(userId: UserId): boolean {
    return this.of(userId).length > 0;
  }

  of(userId: UserId): UserCall[] {
    return [...(this.#byUser.get(userId) ?? [])].flatMap(([owner, { calls }]) =>
      [...calls.values()].map((call) => ({ ...call, owner })),
    );
  }

  find(userId: UserId, callId: CallId): UserCall | undefined {
    return this.of(userId).find((call) => call.callId === callId);
  }

  /** Oldest first. */
  views(userId: UserId): CallView[] {
    return this.of(userId)
      .map(viewOf)
      .sort((one, other) => one.startedAt - other.startedAt);
  }

  /** The owner of calls says which calls a user has there. */
  told(from: Incarnation, userId: UserId, calls: readonly ToldCall[], version: number): void {
    if (!this.#options.ownership.owns(userId)) return;
    const sources = this.#byUser.get(userId) ?? new Map<IncarnationId, Source>();
    const owner = incarnationId(from);
    const known = sources.get(owner) ?? { version: -1, calls: new Map<CallId, ToldCall>() };
    if (version <= known.version) return;
    const named = new Set(calls.map(({ callId }) => callId));
    const missing = [...known.calls.values()].filter(({ callId }) => !named.has(callId)).map((call) => this.#asLost(call));
    const next: Source = { version, calls: new Map() };
    this.#byUser.set(userId, sources.set(owner, next));
    for (const call of [...calls, ...missing]) {
      if (viewOf(call).phase !== 'ended') next.calls.set(call.callId, call);
      if (known.calls.get(call.callId)?.view !== call.view) this.#push(userId, call);
    }
  }

  /** The server that owned calls is dead, and they ended with it. */
  ownerLost(lost: Incarnation): void {
    const owner = incarnationId(lost);
    for (const [userId, sources] of this.#byUser) {
      const calls = [...(sources.get(owner)?.calls.values() ?? [])];
      sources.delete(owner);
      if (sources.size === 0) this.#byUser.delete(userId);
      for (const call of calls) {
        this.#push(userId, this.#asLost(call));
        this.#options.onLost(userId, viewOf(call));
      }
    }
  }

  #push(userId: UserId, call: ToldCall): void {
    const text = fragment('calls.changed', viewOf(call));
    for (const session of this.#options.sessions.ofUser(userId)) session.push(text);
  }

  #asLost(call: ToldCall): ToldCall {
    const version = call.version + 1;
    const endedAt = Math.floor(this.#options.clock.wallMs());
    const view: CallView = { ...viewOf(call), version, phase: 'ended', end: 'lost', endedAt, devices: [], acts: [] };
    return { ...call, version, view: JSON.stringify(view) };
  }
}

function viewOf({ view }: ToldCall): CallView {
  return callSchema.parse(JSON.parse(view));
}
