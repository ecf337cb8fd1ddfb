import type { UserId } from '#shared/ids.ts';
import { presenceSet, presenceSetNote } from '#shared/mesh/contracts/presence.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params } from '#shared/protocol/index.ts';
import type { OwnPresence, PresenceVersion } from '#shared/protocol/presence.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { levelRank } from '#ucserver/auth/permissions.ts';
import type { Session } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { Permissions } from '#ucserver/permissions/index.ts';
import { presenceIn } from './document.ts';
import type { ManualClaim } from './engine.ts';
import type { LastingPresence, OwnedUser } from './owned-user.ts';
import type { OwnedUsers } from './owned-users.ts';
import { compareVersions } from './versions.ts';
import type { WatchBook } from './watch-book.ts';

/** Somebody who asks for a change, and on whose session. */
export interface Actor {
  readonly session: Session;
  readonly correlationId: string;
}

export interface PresenceActsOptions {
  readonly clock: Clock;
  readonly ownership: Ownership;
  readonly permissions: Permissions;
  readonly owned: OwnedUsers;
  readonly book: WatchBook;
  readonly exists: (userId: UserId) => boolean;
  readonly onLasting: (user: OwnedUser) => void;
  /** Resolves when the next owner can know of the change, or nothing can be done for that now; never rejects. */
  readonly keep: (userId: UserId) => Promise<void>;
}

/** Setting states and notes by hand: asked here, decided and done at the owner. */
export class PresenceActs {
  readonly #options: PresenceActsOptions;
  readonly #stops: (() => void)[] = [];

  constructor(options: PresenceActsOptions) {
    this.#options = options;
  }

  start(): void {
    const { ownership } = this.#options;
    this.#stops.push(
      ownership.handleAct(presenceSet, ({ actor, state, from, until, seen }, { userId }) =>
        this.#change(userId, actor, 'manual', seen, (lasting, now) => withManual(lasting, { state, from, until }, actor, now)),
      ),
      ownership.handleAct(presenceSetNote, ({ actor, text, until, seen }, { userId }) =>
        this.#change(userId, actor, 'note', seen, (lasting, now) => ({
          ...lasting,
          note: text === null ? undefined : until === undefined ? { text } : { text, until },
          noteSetAt: now,
        })),
      ),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** @throws UCError BAD_REQUEST, NOT_FOUND, FORBIDDEN, VERSION_CONFLICT, and what {@link Ownership.act} throws. */
  async set({ userId, ...params }: Params<'presence.set'>, by: Actor): Promise<{ version: PresenceVersion }> {
    const { state, from, until } = params;
    if (state === null && from !== undefined) throw wrong('from', 'has no meaning without a state');
    if (state === null && until !== undefined) throw wrong('until', 'has no meaning without a state');
    this.#demandFuture(until);
    if (from !== undefined && until !== undefined && until <= from) throw wrong('until', 'must be later than from');
    const { target, ...on } = this.#target(userId, by.session);
    return this.#options.ownership.act(target, presenceSet, { ...params, ...on }, by.correlationId);
  }

  /** @throws as {@link set} */
  async setNote({ userId, ...params }: Params<'presence.setNote'>, by: Actor): Promise<{ version: PresenceVersion }> {
    if (params.text === null && params.until !== undefined) throw wrong('until', 'has no meaning without a note');
    this.#demandFuture(params.until);
    const { target, ...on } = this.#target(userId, by.session);
    return this.#options.ownership.act(target, presenceSetNote, { ...params, ...on }, by.correlationId);
  }

  /** What the person of this session sees of themselves. */
  async own({ userId }: Session): Promise<OwnPresence> {
    const own = (await this.#options.owned.settled(userId))?.own();
    if (!own) throw new UCError('NOT_OWNER');
    return own;
  }

  /** On whom, by whom, and what of the other person the actor has seen. */
  #target(userId: UserId | undefined, session: Session) {
    const { exists, book } = this.#options;
    const actor = session.userId;
    const target = userId ?? actor;
    if (!exists(target)) throw new UCError('NOT_FOUND', undefined, { field: 'params.userId' });
    const watched = target === actor ? undefined : book.get(target);
    const rank = watched?.rankOf(session);
    return { target, actor, seen: rank === undefined ? undefined : watched?.variant(rank)?.version };
  }

  async #change(
    userId: UserId,
    actor: UserId,
    what: 'manual' | 'note',
    seen: PresenceVersion | undefined,
    change: (lasting: LastingPresence, now: number) => LastingPresence,
  ): Promise<{ version: PresenceVersion }> {
    const { permissions, owned, clock, onLasting, keep } = this.#options;
    if (actor !== userId) permissions.demand(actor, 'setPresence', userId);
    const user = await owned.settled(userId);
    if (!user) throw new UCError('NOT_OWNER');
    if (seen && user.wasSetSince(what, seen)) {
      const current = user.document()?.variant(levelRank(permissions.levelOf(userId, actor)));
      // What was set may look to the actor just as what they saw.
      if (current && compareVersions(current.version, seen) > 0) {
        throw new UCError('VERSION_CONFLICT', undefined, { details: { current: presenceIn(current) } });
      }
    }
    user.lasting = change(user.lasting, clock.wallMs());
    const version = owned.refresh(userId);
    if (!version) throw new UCError('NOT_OWNER');
    if (what === 'manual') user.manualVersion = version;
    else user.noteVersion = version;
    onLasting(user);
    await keep(userId);
    return { version };
  }

  #demandFuture(until: number | undefined): void {
    if (until !== undefined && until <= this.#options.clock.wallMs()) throw wrong('until', 'must be in the future');
  }
}

/** A state for a time stands over the lasting one; a state without an end replaces both. */
function withManual(
  lasting: LastingPresence,
  { state, from, until }: { state: ManualClaim['state'] | null; from?: number | undefined; until?: number | undefined },
  setBy: UserId,
  now: number,
): LastingPresence {
  if (state === null) return { ...lasting, manual: {}, manualSetAt: now };
  const claim: ManualClaim = { state, from, until, setBy, setAt: now };
  const isTimed = from !== undefined || until !== undefined;
  return {
    ...lasting,
    manual: isTimed ? { lasting: lasting.manual.lasting, timed: claim } : { lasting: claim },
    manualSetAt: now,
  };
}

function wrong(field: string, what: string): UCError {
  return new UCError('BAD_REQUEST', `params.${field}: ${what}`, { field: `params.${field}` });
}
