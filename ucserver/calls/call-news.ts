import type { CallId, Incarnation, UserId } from '#shared/ids.ts';
import { callsTold, type ToldCall } from '#shared/mesh/contracts/calls.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import { type Call, isLiving } from './call.ts';
import { callView, type PartyOf, peopleOf } from './call-view.ts';
import type { OwnedCall } from './owned-call.ts';

export interface CallNewsOptions {
  readonly mesh: Mesh;
  readonly ownership: Ownership;
  readonly partyOf: PartyOf;
  /** For users whom this server owns itself. */
  readonly tellHere: (from: Incarnation, userId: UserId, calls: readonly ToldCall[], version: number) => void;
}

/** Terms apart in the versions of a call. */
const termStep = 1_000_000;

/** The calls of this server as their people see them, told to the owners of these people, and told anew when the owner changes. */
export class CallNews {
  readonly #options: CallNewsOptions;
  readonly #byUser = new Map<UserId, Map<CallId, ToldCall>>();
  readonly #stops: (() => void)[] = [];
  #version = 0;

  constructor(options: CallNewsOptions) {
    this.#options = options;
  }

  start(): void {
    const { mesh, ownership } = this.#options;
    this.#stops.push(
      ownership.onChange(({ userId }) => this.#tell(userId)),
      ownership.onTaken((userId) => this.#tell(userId)),
      mesh.onSynced((peer) => {
        for (const userId of this.#byUser.keys())
          if (ownership.ownerOf(userId)?.incarnation.serverId === peer.serverId) this.#tell(userId);
      }),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  changed(call: OwnedCall, before: Call | undefined): void {
    const { state, subject } = call;
    const version = subject.term * termStep + call.version;
    const seen = { state, callee: subject.callee, version };
    for (const userId of peopleOf(state)) {
      const told = callView(seen, userId, this.#options.partyOf);
      if (told === undefined || !isNews(before, state, userId)) continue;
      const calls = this.#byUser.get(userId) ?? new Map<CallId, ToldCall>();
      this.#byUser.set(userId, calls);
      calls.set(call.id, { callId: call.id, legId: told.legId, version, view: JSON.stringify(told.view) });
      this.#tell(userId);
      if (told.view.phase !== 'ended') continue;
      calls.delete(call.id);
      if (calls.size === 0) this.#byUser.delete(userId);
    }
  }

  #tell(userId: UserId): void {
    const calls = this.#byUser.get(userId);
    if (calls === undefined) return;
    const { mesh, ownership, tellHere } = this.#options;
    this.#version += 1;
    const told = [...calls.values()];
    const owner = ownership.ownerOf(userId)?.incarnation;
    if (ownership.owns(userId)) tellHere(ownership.self, userId, told, this.#version);
    else if (owner !== undefined)
      mesh.send(owner.serverId, callsTold, { users: [{ userId, calls: told, version: this.#version }] });
  }
}

/** What has ended for a person was told; later changes of the others do not concern them. */
function isNews(before: Call | undefined, state: Call, userId: UserId): boolean {
  const isIn = (call: Call) =>
    call.legs.some((leg) => isLiving(leg) && leg.party.kind === 'device' && leg.party.userId === userId);
  return isIn(state) || before === undefined || isIn(before) || !peopleOf(before).has(userId);
}
