import type { UserId } from '#shared/ids.ts';
import type { PresenceService } from '#ucserver/presence/index.ts';
import { isLiving } from './call.ts';
import { ownLeg, type PartyOf, peerParty, peopleOf } from './call-view.ts';
import type { OwnedCall } from './owned-call.ts';
import { shownName } from './sip-party.ts';

export interface CallPresenceOptions {
  readonly presence: Pick<PresenceService, 'claim' | 'withdraw'>;
  readonly partyOf: PartyOf;
}

/** Makes calls a reason for the presence of their people; who may know with whom they talk, presence decides. */
export class CallPresence {
  readonly #options: CallPresenceOptions;
  /** What was claimed last, by call. */
  readonly #claimed = new WeakMap<OwnedCall, Map<UserId, string>>();

  constructor(options: CallPresenceOptions) {
    this.#options = options;
  }

  changed(call: OwnedCall): void {
    const { presence, partyOf } = this.#options;
    const { state, subject } = call;
    const claimed = this.#claimed.get(call) ?? new Map<UserId, string>();
    this.#claimed.set(call, claimed);
    for (const userId of peopleOf(state)) {
      const leg = ownLeg(state, userId);
      if (leg === undefined || !isLiving(leg)) {
        if (claimed.delete(userId)) presence.withdraw(userId, state.id);
        continue;
      }
      const isRinging = leg.phase !== 'answered' && leg.id !== state.legs[0]?.id;
      const name = shownName(peerParty({ state, callee: subject.callee }, leg, partyOf));
      const claim = {
        kind: 'call',
        phase: isRinging ? 'ringing' : 'inCall',
        ...(name === undefined ? {} : { with: name }),
      } as const;
      const text = JSON.stringify(claim);
      if (claimed.get(userId) === text) continue;
      claimed.set(userId, text);
      presence.claim(userId, state.id, claim);
    }
  }
}
