import type { LegId, UserId } from '#shared/ids.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import { type Call, type Effect, isLiving, type Leg } from './call.ts';
import { type CallEvent, step } from './call-state.ts';
import type { LegListener, LegPort, PassedRequest, Referral } from './leg.ts';

/** What stays the same as long as the call lives, beside its state. */
export interface CallSubject {
  /** Joins all calls of one scenario. */
  readonly scenarioId: Call['id'];
  /** Whom the caller wanted. */
  readonly callee: CallParty;
  /** Term of the ownership; rises with each take-over. */
  readonly term: number;
}

export interface OwnedCallOptions {
  readonly call: Call;
  readonly subject: CallSubject;
  readonly clock: Clock;
  readonly noAnswerMs: number;
  /** Makes the leg that is to be invited. */
  readonly inviteLeg: (leg: Leg, call: OwnedCall) => LegPort | undefined;
  /** The own device of who dials was answered. */
  readonly route: (call: OwnedCall) => void;
  readonly onReferral: (call: OwnedCall, legId: LegId, referral: Referral) => void;
  /** Called after each change, in their order; `before` is the state it came from. */
  readonly onChange: (call: OwnedCall, before: Call) => void;
  /** It has ended and all its dialogs with it. */
  readonly onFinished: (call: OwnedCall) => void;
}

/**
 * One call on the server that owns it: events come in one by one, the pure state machine decides, the legs carry out what it
 * says. All is in memory, so neither Redis nor SQL can keep anybody from answering or hanging up.
 */
export class OwnedCall implements LegListener {
  readonly #options: OwnedCallOptions;
  readonly #legs = new Map<LegId, LegPort>();
  readonly #open = new Set<LegId>();
  #subject: CallSubject;
  #state: Call;
  #patience: Timer | undefined;
  /** What has happened and is not worked off yet: what is done for one event may cause the next. */
  readonly #events: CallEvent[] = [];
  #isBusy = false;
  #isFinished = false;
  /** Rises with each change. */
  version = 0;

  constructor(options: OwnedCallOptions) {
    this.#options = options;
    this.#state = options.call;
    this.#subject = options.subject;
  }

  get id(): Call['id'] {
    return this.#state.id;
  }

  get state(): Call {
    return this.#state;
  }

  get subject(): CallSubject {
    return this.#subject;
  }

  get legs(): Iterable<LegPort> {
    return this.#legs.values();
  }

  legPort(legId: LegId): LegPort | undefined {
    return this.#legs.get(legId);
  }

  /** The legs of a person, those that live first. */
  legsOf(userId: UserId): Leg[] {
    const own = this.#state.legs.filter(({ party }) => party.kind === 'device' && party.userId === userId);
    return [...own.filter(isLiving), ...own.filter((leg) => !isLiving(leg))];
  }

  /** A dialog that is there: the caller's INVITE, one that another call gives, one that is taken over. */
  addLeg(port: LegPort): void {
    port.listener = this;
    this.#legs.set(port.id, port);
    this.#open.add(port.id);
  }

  /** The dialog belongs to another call from now on. */
  releaseLeg(legId: LegId): LegPort | undefined {
    const port = this.#legs.get(legId);
    this.#legs.delete(legId);
    this.#open.delete(legId);
    return port;
  }

  joinScenario(scenarioId: Call['id']): void {
    this.#subject = { ...this.#subject, scenarioId };
  }

  event(event: CallEvent): void {
    this.#events.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#apply(next);
    } finally {
      this.#isBusy = false;
    }
    this.#finishIfOver();
  }

  referred(legId: LegId, referral: Referral): void {
    this.#options.onReferral(this, legId, referral);
  }

  async passed(legId: LegId, request: PassedRequest): Promise<number> {
    const [a, b] = this.#state.talking ?? [];
    const peer = legId === a ? b : legId === b ? a : undefined;
    const port = peer === undefined ? undefined : this.#legs.get(peer);
    return port === undefined ? 480 : await port.pass(request);
  }

  closed(legId: LegId): void {
    this.#open.delete(legId);
    this.#finishIfOver();
  }

  #apply(event: CallEvent): void {
    const before = this.#state;
    const { call, effects } = step(before, event, Math.floor(this.#options.clock.wallMs()));
    this.#state = call;
    for (const effect of effects) this.#carryOut(effect);
    if (call === before) return;
    this.version += 1;
    if (call.phase === 'ended') this.#patience?.stop();
    this.#options.onChange(this, before);
  }

  #carryOut(effect: Effect): void {
    if (effect.do === 'route') {
      this.#options.route(this);
      return;
    }
    if (effect.do === 'invite') {
      this.#invite(effect.leg, effect.sdp);
      return;
    }
    const port = this.#legs.get(effect.legId);
    if (port !== undefined) perform(port, effect);
  }

  #invite(leg: Leg, sdp: string | undefined): void {
    const port = this.#options.inviteLeg(leg, this);
    this.#patience?.stop();
    this.#patience = this.#options.clock.after(this.#options.noAnswerMs, () => this.#rangLongEnough());
    if (port === undefined) {
      this.event({ type: 'refuses', legId: leg.id, reason: 'unreachable' });
      return;
    }
    this.addLeg(port);
    port.invite(sdp);
  }

  #rangLongEnough(): void {
    const waiting = this.#state.legs.filter((leg) => leg.direction === 'outbound' && isLiving(leg) && leg.phase !== 'answered');
    if (this.#state.phase === 'ringing') this.event({ type: 'rangLongEnough' });
    for (const { id, phase } of waiting) {
      this.#legs.get(id)?.cancel('noAnswer');
      this.event({ type: 'refuses', legId: id, reason: phase === 'ringing' ? 'noAnswer' : 'unreachable' });
    }
  }

  #finishIfOver(): void {
    if (this.#isFinished || this.#isBusy || this.#state.phase !== 'ended' || this.#open.size > 0) return;
    this.#isFinished = true;
    this.#options.onFinished(this);
  }
}

function perform(port: LegPort, effect: Exclude<Effect, { do: 'route' | 'invite' }>): void {
  switch (effect.do) {
    case 'ring':
      port.ring(effect.sdp);
      break;
    case 'accept':
      port.accept(effect.sdp);
      break;
    case 'refuse':
      port.refuse(effect.reason, effect.refusal);
      break;
    case 'cancel':
      port.cancel(effect.reason);
      break;
    case 'hangUp':
      port.hangUp(effect.reason);
      break;
    case 'complete':
      port.complete(effect.sdp);
      break;
    case 'offer':
      port.offer(effect.offer, effect.sdp, effect.afterGlare === true);
      break;
    case 'answer':
      port.answer(effect.sdp);
      break;
    case 'refuseOffer':
      port.refuseOffer(effect.status);
      break;
    case 'reportTransfer':
      port.reportTransfer(effect.status);
  }
}
