import type { UserId } from '#shared/ids.ts';
import type { ActivityReason, ManualState, Presence, PresenceState } from '#shared/protocol/presence.ts';
import type { Activity, Capability } from '#shared/protocol/session.ts';

/** A state set by hand. Times are wall-clock ms. */
export interface ManualClaim {
  readonly state: ManualState;
  /** In force from then on; missing: at once. */
  readonly from?: number | undefined;
  /** In force until then (exclusive); missing: until it is taken back. */
  readonly until?: number | undefined;
  readonly setBy: UserId;
  /** When it was set: after an ownership was disputed the later one counts. */
  readonly setAt: number;
}

/**
 * What was set by hand: a lasting state, and one for a time that stands over it and gives way to it when its time is over.
 */
export interface ManualClaims {
  readonly lasting?: ManualClaim | undefined;
  readonly timed?: ManualClaim | undefined;
}

/** One signed-in client as far as presence is concerned. */
export interface SessionClaim {
  readonly kind: 'session';
  readonly activity: Activity;
  readonly device: 'browser' | 'desktop' | 'mobile';
  readonly capabilities: readonly Capability[];
}

/** A call of this person. */
export interface CallClaim {
  readonly kind: 'call';
  readonly phase: 'ringing' | 'inCall' | 'inConference';
  /** Name or number of the other party. */
  readonly with?: string | undefined;
}

/** A telephone that can be reached without anybody being signed in. */
export interface PhoneClaim {
  readonly kind: 'phone';
}

/** An appointment; counts from `from` until `until`. */
export interface AppointmentClaim {
  readonly kind: 'appointment';
  readonly from: number;
  readonly until: number;
  readonly subject?: string | undefined;
  readonly private?: boolean | undefined;
}

/** Work that follows a call, until it is withdrawn or its time is over. */
export interface AfterCallWorkClaim {
  readonly kind: 'afterCallWork';
  readonly until?: number | undefined;
}

/** A source's reason for a state. */
export type Claim = SessionClaim | CallClaim | PhoneClaim | AppointmentClaim | AfterCallWorkClaim;

/** Everything from which a presence follows. */
export interface PresenceInputs {
  readonly claims: Iterable<Claim>;
  readonly manual: ManualClaims;
  readonly note?: Presence['note'];
  /** When the last session ended. */
  readonly lastSeen?: number | undefined;
}

/** What follows from the claims at one moment. */
export interface MergedPresence {
  readonly state: PresenceState;
  /** What the state would be without what was set by hand. */
  readonly automatic: PresenceState;
  /** What was set by hand and is in force, or else what will be. */
  readonly manual: ManualClaim | undefined;
  readonly activities: readonly ActivityReason[];
  readonly note: Presence['note'];
  readonly capabilities: readonly Capability[];
  readonly devices: NonNullable<Presence['devices']>;
  readonly lastSeen: number | undefined;
  /** Others see this person as offline although there are sessions. */
  readonly appearsOffline: boolean;
  /** When the result changes if no claim does. */
  readonly nextChangeAt: number | undefined;
}

/**
 * Merges all claims on one person into their presence. Pure, and the order of the claims makes no difference.
 *
 * `automatic`, by the first row that fits:
 *
 * | there is | automatic state | why |
 * |---|---|---|
 * | a call or a conference (also without a session) | busy | `inCall`, `inConference` |
 * | no session | offline | – |
 * | after-call work | busy | `afterCallWork` |
 * | an appointment now (whether somebody is active or not) | busy | `appointment` |
 * | an active session | available | `mobileOnly` if none but mobile ones are active |
 * | only idle or locked sessions | away | `inactive` (and `mobileOnly` if all are mobile) |
 *
 * A ringing call is told (`ringing`) but changes no state: whether it is taken is not known yet.
 *
 * `state`, from what was set by hand and is in force:
 *
 * | set by hand | nobody there, no call | in a call, a conference or after-call work | else |
 * |---|---|---|---|
 * | nothing | offline | busy | automatic |
 * | available | offline | busy (comes back afterwards) | available |
 * | away | away if it has an end, else offline | busy (comes back afterwards) | away |
 * | busy | busy if it has an end, else offline | busy | busy |
 * | do not disturb | do not disturb if it has an end, else offline | do not disturb | do not disturb |
 * | offline | offline | offline | offline |
 *
 * A call is a fact, so neither *available* nor *away* hides it; an appointment and missing input are only guesses, so what was set
 * by hand outweighs them. A state with an end is an announcement ("away until Monday") and holds while its person is signed
 * out; one without says something about a person who is there. Who appears offline shows nothing that would betray them:
 * no activities, capabilities or devices; the note stays, as with anybody who is offline.
 *
 * @param now wall-clock ms.
 */
export function mergeClaims({ claims, manual, note, lastSeen }: PresenceInputs, now: number): MergedPresence {
  const facts = gather(claims, now);
  const automatic = automaticState(facts);
  const inForce = manualInForce(manual, now);
  const state = shownState(facts, automatic, inForce);
  const appearsOffline = inForce?.state === 'offline';
  return {
    state,
    automatic,
    manual: inForce ?? (isOver(manual.timed, now) ? manual.lasting : manual.timed),
    activities: appearsOffline ? [] : reasons(facts, state, inForce),
    note: note === undefined || isOver(note, now) ? undefined : note,
    capabilities: appearsOffline ? [] : [...facts.capabilities].sort(),
    devices: appearsOffline ? [] : deviceOrder.filter((kind) => facts.devices.has(kind)),
    lastSeen,
    appearsOffline,
    nextChangeAt: nextChange(
      [manual.timed?.from, manual.timed?.until, manual.lasting?.from, manual.lasting?.until, note?.until, ...facts.moments],
      now,
    ),
  };
}

/** What was set by hand and is in force now: the timed one before the lasting one. */
export function manualInForce({ lasting, timed }: ManualClaims, now: number): ManualClaim | undefined {
  return [timed, lasting].find((claim) => claim !== undefined && (claim.from ?? 0) <= now && !isOver(claim, now));
}

const deviceOrder = ['browser', 'desktop', 'mobile', 'phone'] as const;

interface Facts {
  sessions: number;
  active: number;
  /** A session on something else than a mobile device … */
  fixed: boolean;
  /** … and an active one. */
  fixedActive: boolean;
  readonly capabilities: Set<Capability>;
  readonly devices: Set<(typeof deviceOrder)[number]>;
  readonly calls: CallClaim[];
  readonly appointments: AppointmentClaim[];
  readonly afterCallWork: AfterCallWorkClaim[];
  /** Moments at which a claim begins or ends. */
  readonly moments: (number | undefined)[];
}

function gather(claims: Iterable<Claim>, now: number): Facts {
  const facts: Facts = {
    sessions: 0,
    active: 0,
    fixed: false,
    fixedActive: false,
    capabilities: new Set(),
    devices: new Set(),
    calls: [],
    appointments: [],
    afterCallWork: [],
    moments: [],
  };
  for (const claim of claims) {
    switch (claim.kind) {
      case 'session':
        addSession(facts, claim);
        break;
      case 'phone':
        facts.devices.add('phone');
        break;
      case 'call':
        facts.calls.push(claim);
        break;
      case 'appointment':
        facts.moments.push(claim.from, claim.until);
        if (claim.from <= now && claim.until > now) facts.appointments.push(claim);
        break;
      case 'afterCallWork':
        facts.moments.push(claim.until);
        if (!isOver(claim, now)) facts.afterCallWork.push(claim);
        break;
    }
  }
  return facts;
}

function addSession(facts: Facts, { activity, device, capabilities }: SessionClaim): void {
  const isActive = activity === 'active';
  facts.sessions += 1;
  if (isActive) facts.active += 1;
  if (device !== 'mobile') {
    facts.fixed = true;
    facts.fixedActive ||= isActive;
  }
  facts.devices.add(device);
  for (const capability of capabilities) facts.capabilities.add(capability);
}

const isTalking = ({ calls }: Facts) => calls.some(({ phase }) => phase !== 'ringing');

function automaticState(facts: Facts): PresenceState {
  if (isTalking(facts)) return 'busy';
  if (facts.sessions === 0) return 'offline';
  if (facts.afterCallWork.length > 0 || facts.appointments.length > 0) return 'busy';
  return facts.active > 0 ? 'available' : 'away';
}

function shownState(facts: Facts, automatic: PresenceState, manual: ManualClaim | undefined): PresenceState {
  if (manual === undefined) return automatic;
  if (manual.state === 'offline') return 'offline';
  const isTaken = isTalking(facts) || (facts.sessions > 0 && facts.afterCallWork.length > 0);
  if (facts.sessions === 0 && !isTaken) {
    return manual.until === undefined || manual.state === 'available' ? 'offline' : manual.state;
  }
  if (isTaken && manual.state !== 'doNotDisturb') return 'busy';
  return manual.state;
}

/** Every reason there is, the same claims always in the same order. */
function reasons(facts: Facts, state: PresenceState, manual: ManualClaim | undefined): ActivityReason[] {
  const found: ActivityReason[] = [];
  if (manual !== undefined && manual.state === state) found.push(reason('manual', { until: manual.until }));
  for (const phase of ['inConference', 'inCall', 'ringing'] as const) {
    const calls = facts.calls.filter((call) => call.phase === phase);
    found.push(...inOrder(calls.map((call) => reason(phase, { with: call.with }))));
  }
  if (facts.sessions > 0) found.push(...inOrder(facts.afterCallWork.map(({ until }) => reason('afterCallWork', { until }))));
  found.push(
    ...inOrder(
      facts.appointments.map(({ subject, until, private: isPrivate }) =>
        reason('appointment', { with: subject, until, private: isPrivate }),
      ),
    ),
  );
  if (facts.sessions > 0 && facts.active === 0) found.push({ kind: 'inactive' });
  const onlyMobile = facts.active > 0 ? !facts.fixedActive : !facts.fixed;
  if (facts.sessions > 0 && onlyMobile) found.push({ kind: 'mobileOnly' });
  return found;
}

/** Fields without a value are left out, so that equal reasons have equal JSON. */
function reason(
  kind: ActivityReason['kind'],
  fields: { with?: string | undefined; until?: number | undefined; private?: boolean | undefined },
) {
  const made: ActivityReason = { kind };
  if (fields.with !== undefined) made.with = fields.with;
  if (fields.until !== undefined) made.until = fields.until;
  if (fields.private) made.private = true;
  return made;
}

function inOrder(found: ActivityReason[]): ActivityReason[] {
  if (found.length < 2) return found;
  return found.sort(
    (a, b) =>
      (a.until ?? Infinity) - (b.until ?? Infinity) ||
      compareText(a.with ?? '', b.with ?? '') ||
      compareText(JSON.stringify(a), JSON.stringify(b)),
  );
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function isOver(timed: { readonly until?: number | undefined } | undefined, now: number): boolean {
  return timed?.until !== undefined && timed.until <= now;
}

function nextChange(moments: readonly (number | undefined)[], now: number): number | undefined {
  let next: number | undefined;
  for (const moment of moments) {
    if (moment !== undefined && moment > now && (next === undefined || moment < next)) next = moment;
  }
  return next;
}
