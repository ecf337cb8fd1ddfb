import type { Person } from '#shared/protocol/directory.ts';
import { type PermissionLevel, permissionLevels, type Right } from '#shared/protocol/permissions.ts';
import type { ActivityReason, Presence } from '#shared/protocol/presence.ts';

/** The fields of a card that depend on the watcher's level. */
export type CardField = Exclude<keyof Person, 'userId' | 'level'>;

/** The parts of a presence that depend on the watcher's level. */
export type PresencePart =
  | 'state'
  | 'lastSeen'
  | 'capabilities'
  | 'activities'
  | 'note'
  | 'callPartners'
  | 'devices'
  | 'privateAppointments';

interface LevelRow {
  readonly card: readonly CardField[];
  readonly presence: readonly PresencePart[];
  readonly may: readonly Right[];
}

/**
 * What each level adds to the one below it. This is the only place where it is said: cards and presences are cut by it, rights
 * are decided by it, `docs/rights.md` is printed from it.
 */
export const levelTable: Readonly<Record<PermissionLevel, LevelRow>> = {
  blocked: { card: ['name', 'email'], presence: [], may: [] },
  public: {
    card: ['pictureVersion', 'title', 'company', 'department', 'workPhone'],
    presence: ['state', 'lastSeen', 'capabilities'],
    may: ['chat'],
  },
  business: { card: ['office', 'address'], presence: ['activities', 'note'], may: ['call'] },
  team: { card: ['mobile'], presence: ['callPartners', 'devices'], may: ['setPresence', 'pickUp'] },
  personal: { card: ['privatePhone'], presence: ['privateAppointments'], may: ['setForwarding'] },
};

interface Allowed {
  readonly card: ReadonlySet<CardField>;
  readonly presence: ReadonlySet<PresencePart>;
  readonly may: ReadonlySet<Right>;
}

const allowedAt = sumUp();

function sumUp(): Readonly<Record<PermissionLevel, Allowed>> {
  const upTo = (level: PermissionLevel) =>
    permissionLevels.slice(0, permissionLevels.indexOf(level) + 1).map((each) => levelTable[each]);
  const sum = (level: PermissionLevel): Allowed => ({
    card: new Set(upTo(level).flatMap(({ card }) => card)),
    presence: new Set(upTo(level).flatMap(({ presence }) => presence)),
    may: new Set(upTo(level).flatMap(({ may }) => may)),
  });
  return {
    blocked: sum('blocked'),
    public: sum('public'),
    business: sum('business'),
    team: sum('team'),
    personal: sum('personal'),
  };
}

/** Place of a level in the order of levels: 0 (blocked) to 4 (personal). */
export function levelRank(level: PermissionLevel): number {
  return permissionLevels.indexOf(level);
}

/** The grants of one presentity that concern one watcher. */
export interface GrantsForWatcher {
  /** What the presentity granted to this very person. */
  readonly personal?: PermissionLevel | undefined;
  /** What the presentity granted to groups the watcher is a member of, in any order. */
  readonly groups: Iterable<PermissionLevel>;
  /** What everybody in the company has. */
  readonly companyDefault: PermissionLevel;
}

/**
 * The level a watcher has: a personal grant decides alone, so it can also give less than everybody has; otherwise the highest of
 * the group grants and the company's default counts.
 */
export function effectiveLevel({ personal, groups, companyDefault }: GrantsForWatcher): PermissionLevel {
  if (personal !== undefined) return personal;
  let highest = companyDefault;
  for (const level of groups) if (levelRank(level) > levelRank(highest)) highest = level;
  return highest;
}

/** Whether a watcher of this level may do this. */
export function mayDo(level: PermissionLevel, right: Right): boolean {
  return allowedAt[level].may.has(right);
}

/** Whether a watcher of this level sees this field of a card. */
export function seesCardField(level: PermissionLevel, field: CardField): boolean {
  return allowedAt[level].card.has(field);
}

/** A whole card, before it is cut to what a reader may see. */
export type Card = Omit<Person, 'level'>;

/** The card as a reader of this level sees it. Fields that are not theirs are missing; a picture they may not see has version 0. */
export function visibleCard(card: Card, level: PermissionLevel): Person {
  const { userId, name, email, pictureVersion, ...rest } = card;
  const seen = allowedAt[level].card;
  const visible = Object.entries(rest).filter(([field, value]) => value !== undefined && seen.has(field as CardField));
  return {
    userId,
    name,
    email,
    level,
    pictureVersion: seen.has('pictureVersion') ? pictureVersion : 0,
    ...(Object.fromEntries(visible) as Partial<Person>),
  };
}

/** A whole presence, before it is cut to what a watcher may see. */
export type WholePresence = Omit<Presence, 'level' | 'stale'>;

/** The presence as a watcher of this level sees it. */
export function visiblePresence(whole: WholePresence, level: PermissionLevel): Presence {
  const { userId, version } = whole;
  const seen = allowedAt[level].presence;
  if (!seen.has('state')) return { userId, version, level, state: 'unknown' };
  const visible: Presence = { userId, version, level, state: whole.state };
  if (whole.since !== undefined) visible.since = whole.since;
  if (whole.lastSeen !== undefined && seen.has('lastSeen')) visible.lastSeen = whole.lastSeen;
  if (whole.capabilities && seen.has('capabilities')) visible.capabilities = whole.capabilities;
  if (whole.activities && seen.has('activities'))
    visible.activities = whole.activities.map((reason) => visibleReason(reason, seen));
  if (whole.note && seen.has('note')) visible.note = whole.note;
  if (whole.devices && seen.has('devices')) visible.devices = whole.devices;
  return visible;
}

/** With whom a call is and what a private appointment is about is cut; that there is one, and until when, stays. */
function visibleReason(reason: ActivityReason, seen: ReadonlySet<PresencePart>): ActivityReason {
  if (reason.with === undefined) return reason;
  const part: PresencePart | undefined =
    reason.kind === 'appointment' ? (reason.private ? 'privateAppointments' : undefined) : 'callPartners';
  if (part === undefined || seen.has(part)) return reason;
  const { with: _, ...rest } = reason;
  return rest;
}
