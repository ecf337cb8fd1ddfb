import type { PermissionLevel } from '#shared/protocol/permissions.ts';
import { permissionLevels } from '#shared/protocol/permissions.ts';
import type { Presence, PresenceVersion } from '#shared/protocol/presence.ts';
import { levelRank, visiblePresence, type WholePresence } from '#ucserver/auth/permissions.ts';
import type { Fragment } from '#ucserver/gateway/index.ts';

/** A presence as one level sees it, serialised once for everybody of that level. */
export interface Variant {
  /** When what this level sees changed last; older than the document's when the last changes concerned other levels. */
  readonly version: PresenceVersion;
  /** The event `presence.changed`. */
  readonly text: Fragment;
  /** Not told by an owner: of an owner who has the same version nothing is known. */
  readonly unowned?: true;
}

const head = '{"event":"presence.changed",';

/**
 * A presence at one version, from which each level's variant is made when it is first asked for. A variant that says the same as
 * the one before stays the one before: who may not see what changed does not learn that something did.
 */
export class PresenceDocument {
  readonly whole: WholePresence;
  readonly #made = emptyRanks<Variant>();
  readonly #origin: Pick<Variant, 'unowned'>;
  #before: PresenceDocument | undefined;

  /**
   * @param before what was told last, if anything.
   * @param unowned whether it was worked out while nobody owned the user.
   */
  constructor(whole: WholePresence, before?: PresenceDocument, unowned = false) {
    this.whole = whole;
    this.#origin = unowned ? { unowned } : {};
    this.#before = before;
    before?.forgetBefore();
  }

  get version(): PresenceVersion {
    return this.whole.version;
  }

  /** The variant of the level of this rank. */
  variant(rank: number): Variant {
    const known = this.#made[rank];
    if (known) return known;
    const text = serialise(visiblePresence(this.whole, levelAt(rank)));
    const before = this.#before?.made(rank);
    const made = before && sameButVersion(before, text, this.version) ? before : { version: this.version, text, ...this.#origin };
    this.#made[rank] = made;
    return made;
  }

  /** The variant of this rank if somebody asked for it. */
  made(rank: number): Variant | undefined {
    return this.#made[rank];
  }

  /** Makes every variant the document before had, and lets go of it. */
  forgetBefore(): void {
    for (const rank of permissionLevels.keys()) if (this.#before?.made(rank)) this.variant(rank);
    this.#before = undefined;
  }
}

/** The level of a rank. @throws RangeError when there is none. */
export function levelAt(rank: number): PermissionLevel {
  const level = permissionLevels[rank];
  if (level === undefined) throw new RangeError(`There is no level of rank ${rank}`);
  return level;
}

export { levelRank };

/** The version comes last, so that what is said can be compared without it. */
function serialise({ version, ...rest }: Presence): Fragment {
  return `${head}${JSON.stringify(rest).slice(1, -1)},"version":${JSON.stringify(version)}}` as Fragment;
}

function sameButVersion(before: Variant, text: Fragment, version: PresenceVersion): boolean {
  const length = text.length - JSON.stringify(version).length;
  return (
    before.text.length - JSON.stringify(before.version).length === length && before.text.startsWith(text.slice(0, length - 1))
  );
}

/** The same, marked as the last that was known. */
export function asStale(text: Fragment): Fragment {
  return `${text.slice(0, -1)},"stale":true}` as Fragment;
}

/** The presence that an event holds, as JSON. */
export function presenceText(event: Fragment): string {
  return `{${event.slice(head.length)}`;
}

/** The presence that an event holds. */
export function presenceIn({ text }: Pick<Variant, 'text'>): Presence {
  return JSON.parse(presenceText(text)) as Presence;
}

/** A place for each level, by its rank: made at once, because a list that grows takes several times as much. */
export function emptyRanks<T>(): (T | undefined)[] {
  return permissionLevels.map(() => undefined);
}
