import type { UserId } from '#shared/ids.ts';
import type { PresenceStateRecord } from '#shared/mesh/contracts/presence.ts';
import type { OwnPresence, PresenceVersion } from '#shared/protocol/presence.ts';
import { visiblePresence, type WholePresence } from '#ucserver/auth/permissions.ts';
import { PresenceDocument } from './document.ts';
import { type Claim, type ManualClaim, type ManualClaims, type MergedPresence, mergeClaims } from './engine.ts';
import { compareVersions } from './versions.ts';

/** What of a presence outlives sessions and owners. */
export interface LastingPresence {
  readonly manual: ManualClaims;
  /** When a state was set or taken back by hand. */
  readonly manualSetAt: number;
  readonly note: WholePresence['note'];
  readonly noteSetAt: number;
  readonly lastSeen: number | undefined;
}

export const nothingLasting: LastingPresence = {
  manual: {},
  manualSetAt: 0,
  note: undefined,
  noteSetAt: 0,
  lastSeen: undefined,
};

/** What two servers know of the same user, joined: of each thing that was set by hand, what was set later. */
export function laterOf(a: LastingPresence, b: LastingPresence): LastingPresence {
  const manual = b.manualSetAt > a.manualSetAt ? b : a;
  const note = b.noteSetAt > a.noteSetAt ? b : a;
  return {
    manual: manual.manual,
    manualSetAt: manual.manualSetAt,
    note: note.note,
    noteSetAt: note.noteSetAt,
    lastSeen: a.lastSeen === undefined ? b.lastSeen : Math.max(a.lastSeen, b.lastSeen ?? 0),
  };
}

export function lastingOf(record: PresenceStateRecord): LastingPresence {
  const { manual = {}, manualSetAt = 0, note, noteSetAt = 0, lastSeen } = record;
  return { manual, manualSetAt, note, noteSetAt, lastSeen };
}

/** What was merged, as the document from which the levels' variants are made. Empty parts are left out. */
export function wholeOf(
  userId: UserId,
  version: PresenceVersion,
  merged: MergedPresence,
  since: number | undefined,
  lastSeen: number | undefined,
): WholePresence {
  const whole: WholePresence = { userId, version, state: merged.state };
  if (since !== undefined) whole.since = since;
  if (merged.activities.length > 0) whole.activities = [...merged.activities];
  if (merged.note) whole.note = merged.note;
  if (merged.state === 'offline' && lastSeen !== undefined) whole.lastSeen = lastSeen;
  if (merged.capabilities.length > 0) whole.capabilities = [...merged.capabilities];
  if (merged.devices.length > 0) whole.devices = [...merged.devices];
  return whole;
}

/** The presence of one user whom this server owns. */
export class OwnedUser {
  readonly userId: UserId;
  lasting: LastingPresence = nothingLasting;
  /** The versions under which state and note were last set by hand here. */
  manualVersion: PresenceVersion | undefined;
  noteVersion: PresenceVersion | undefined;
  /** What was known is loaded, and somebody is here or nobody is expected: only then anything is told. */
  settled = false;
  /** Claims with a source elsewhere, by the server they come from. */
  readonly claims = new Map<string, { readonly version: number; readonly claims: readonly Claim[] }>();
  #merged: MergedPresence | undefined;
  #since: number | undefined;
  #state: string | undefined;
  #version: PresenceVersion | undefined;
  #told: PresenceDocument | undefined;
  #fresh: PresenceDocument | undefined;

  constructor(userId: UserId) {
    this.userId = userId;
  }

  /** `undefined` before it is settled. */
  get version(): PresenceVersion | undefined {
    return this.#version;
  }

  get merged(): MergedPresence | undefined {
    return this.#merged;
  }

  /** What the owner before knew. May come more than once, also after this server has made changes of its own. */
  adopt(record: PresenceStateRecord): void {
    this.lasting = laterOf(this.lasting, lastingOf(record));
    if (this.#state === undefined && record.state !== undefined) {
      this.#state = record.state;
      this.#since = record.since;
    }
  }

  /** Merges all claims anew under the next version. @param sessions claims of the sessions that are here now. */
  refresh(sessions: readonly Claim[], version: PresenceVersion, nowMs: number): MergedPresence {
    const { manual, note, lastSeen } = this.lasting;
    const claims = [...sessions, ...[...this.claims.values()].flatMap((source) => source.claims)];
    const merged = mergeClaims({ claims, manual, note, lastSeen }, nowMs);
    if (this.#state !== merged.state) this.#since = this.#state === undefined && merged.state === 'offline' ? lastSeen : nowMs;
    this.#state = merged.state;
    this.#merged = merged;
    this.#version = version;
    this.#fresh = undefined;
    return merged;
  }

  /** The last session is gone. Who appeared offline was last seen when they began to. */
  leave(nowMs: number): void {
    const lastSeen = this.#merged?.appearsOffline ? (this.#since ?? nowMs) : nowMs;
    this.lasting = { ...this.lasting, lastSeen };
  }

  /** What can be told of this user now; `undefined` before it is settled. */
  document(): PresenceDocument | undefined {
    if (!this.settled || !this.#merged || !this.#version) return undefined;
    if (!this.#fresh) {
      const lastSeen = this.#merged.appearsOffline ? this.#since : this.lasting.lastSeen;
      this.#fresh = new PresenceDocument(wholeOf(this.userId, this.#version, this.#merged, this.#since, lastSeen), this.#told);
      this.#told = this.#fresh;
    }
    return this.#fresh;
  }

  /** What the user's own sessions see. */
  own(): OwnPresence | undefined {
    const document = this.document();
    if (!document || !this.#merged) return undefined;
    const { manual, automatic } = this.#merged;
    return { presence: visiblePresence(document.whole, 'personal'), manual: shown(manual), automatic };
  }

  /** For the next owner. */
  record(): PresenceStateRecord {
    const { manual, manualSetAt, note, noteSetAt, lastSeen } = this.lasting;
    return { manual: { ...manual }, manualSetAt, note, noteSetAt, lastSeen, state: this.#state, since: this.#since };
  }

  /** Whether a state or note was set by hand since the actor looked. */
  wasSetSince(what: 'manual' | 'note', seen: PresenceVersion): boolean {
    const set = what === 'manual' ? this.manualVersion : this.noteVersion;
    return set !== undefined && compareVersions(set, seen) > 0;
  }
}

/** Fields without a value are left out. */
function shown(manual: ManualClaim | undefined): OwnPresence['manual'] {
  if (manual === undefined) return null;
  const { state, from, until, setBy } = manual;
  return { state, ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }), setBy };
}
