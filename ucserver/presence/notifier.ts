import type { Incarnation, UserId } from '#shared/ids.ts';
import type { ParamsOf, ResultOf } from '#shared/mesh/contract.ts';
import {
  type PresenceVariant,
  presenceAddWatcher,
  presenceChanged,
  presenceDigest,
  presenceLevels,
  presenceRead,
  presenceRegister,
  presenceRelease,
} from '#shared/mesh/contracts/presence.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import { levelRank } from '#ucserver/auth/permissions.ts';
import { fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Permissions } from '#ucserver/permissions/index.ts';
import type { PresenceDocument } from './document.ts';
import { Interests } from './interests.ts';
import type { OwnedUser } from './owned-user.ts';
import type { OwnedUsers } from './owned-users.ts';
import { compareVersions } from './versions.ts';

export interface NotifierOptions {
  readonly mesh: Mesh;
  readonly sessions: SessionTable;
  readonly permissions: Permissions;
  readonly owned: OwnedUsers;
  /** Tells the watchers on this server. */
  readonly tellHere: (document: PresenceDocument) => void;
}

type Registration = ParamsOf<typeof presenceRegister>['users'][number];

/** The owner's side towards watchers: which servers watch, what each is told, what a registration is answered. */
export class Notifier {
  readonly interests = new Interests();
  readonly #options: NotifierOptions;
  readonly #stops: (() => void)[] = [];

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  start(): void {
    const { mesh, permissions } = this.#options;
    this.#stops.push(
      mesh.handle(presenceRegister, (params, { from }) => this.#register(params, from)),
      mesh.handle(presenceAddWatcher, (params, { from }) => this.#addWatcher(params, from)),
      mesh.handle(presenceDigest, ({ count, hash }, { from }) => {
        const digest = this.interests.digest(from, (userId, rank) => this.#document(userId)?.variant(rank).version);
        return digest.count === count && digest.hash === hash ? {} : { buckets: digest.buckets };
      }),
      mesh.handle(presenceRead, ({ reader, userIds }) => ({ variants: this.read(reader, userIds) })),
      mesh.on(presenceRelease, ({ users }, from) => {
        for (const { userId, watchers } of users) this.interests.remove(from, userId, watchers);
      }),
      permissions.onLevelsChanged((presentity) => this.#reconsider(presentity)),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Tells everybody who may know: one event per watching server, whatever the number of watchers there. */
  tell(users: Iterable<OwnedUser>): void {
    const { mesh, tellHere } = this.#options;
    for (const user of users) {
      const document = user.document();
      if (!document) continue;
      this.#tellOwn(user);
      tellHere(document);
      if (!this.interests.isWatched(user.userId)) continue;
      for (const { ranks, servers } of this.interests.groups(user.userId).values()) {
        const event = { userId: user.userId, variants: variantsOf(document, ranks) };
        mesh.sendLatestToMany(servers, user.userId, presenceChanged, event);
      }
    }
  }

  /** What a reader sees of users owned here. */
  read(reader: UserId, userIds: readonly UserId[]): { userId: UserId; text: string }[] {
    const { permissions } = this.#options;
    return userIds.flatMap((userId) => {
      const document = this.#document(userId);
      return document ? [{ userId, text: document.variant(levelRank(permissions.levelOf(userId, reader))).text }] : [];
    });
  }

  #tellOwn(user: OwnedUser): void {
    const { sessions } = this.#options;
    if (!sessions.has(user.userId)) return;
    const own = user.own();
    if (!own) return;
    const text = fragment('presence.own', own);
    for (const session of sessions.ofUser(user.userId)) session.push(text, 'presence.own');
  }

  #register({ buckets, users }: ParamsOf<typeof presenceRegister>, from: Incarnation): ResultOf<typeof presenceRegister> {
    if (buckets) this.interests.clearBuckets(from, new Set(buckets));
    const answered: ResultOf<typeof presenceRegister>['users'] = [];
    const elsewhere: UserId[] = [];
    for (const registration of users) {
      if (this.#options.owned.get(registration.userId)) answered.push(this.#registerOne(registration, from));
      else elsewhere.push(registration.userId);
    }
    return { users: answered, elsewhere };
  }

  #addWatcher(
    { watcher, userIds, have }: ParamsOf<typeof presenceAddWatcher>,
    from: Incarnation,
  ): ResultOf<typeof presenceAddWatcher> {
    const { owned, permissions, mesh } = this.#options;
    const { serverId, life } = mesh.self;
    const told = Map.groupBy(have, ([index]) => index);
    const isTold = (index: number, rank: number, version: PresenceVersion) =>
      told
        .get(index)
        ?.some(([, at, term, number]) => at === rank && compareVersions([term, serverId, life, number], version) === 0);
    const ranks: (number | null)[] = [];
    const variants: [number, PresenceVariant][] = [];
    for (const [index, userId] of userIds.entries()) {
      const user = owned.get(userId);
      if (!user) {
        ranks.push(null);
        continue;
      }
      const rank = levelRank(permissions.levelOf(userId, watcher));
      ranks.push(rank);
      this.interests.addOne(from, userId, watcher, rank);
      const variant = user.document()?.variant(rank);
      if (variant && !isTold(index, rank, variant.version)) variants.push([index, [rank, variant.version, variant.text]]);
    }
    return { ranks, variants };
  }

  #registerOne({ userId, watchers, have }: Registration, from: Incarnation) {
    const { permissions } = this.#options;
    const ranks = watchers.map((watcher) => levelRank(permissions.levelOf(userId, watcher)));
    this.interests.add(
      from,
      userId,
      watchers.map((watcher, index) => [watcher, ranks[index] ?? 0] as const),
    );
    const document = this.#document(userId);
    const variants = document ? variantsOf(document, new Set(ranks)).filter((variant) => !isKnown(variant, have)) : [];
    return { userId, ranks, variants };
  }

  /** A grant, a group or the company's default has changed: whoever has another level now is told, with what they see. */
  #reconsider(presentity: UserId | undefined): void {
    const { owned, mesh, permissions } = this.#options;
    const user = presentity === undefined ? undefined : owned.get(presentity);
    for (const { userId } of presentity === undefined ? owned.all() : user ? [user] : []) {
      const changed = this.interests.reconsider(userId, (watcher) => levelRank(permissions.levelOf(userId, watcher)));
      const document = this.#document(userId);
      for (const [serverId, watchers] of changed) {
        const ranks = new Set(watchers.map(({ rank }) => rank));
        mesh.send(serverId, presenceLevels, {
          userId,
          levels: watchers.map(({ watcher, rank }) => [watcher, rank]),
          variants: document ? variantsOf(document, ranks) : [],
        });
      }
    }
  }

  #document(userId: UserId): PresenceDocument | undefined {
    return this.#options.owned.get(userId)?.document();
  }
}

function variantsOf(document: PresenceDocument, ranks: Iterable<number>): PresenceVariant[] {
  return Array.from(ranks, (rank) => {
    const { version, text } = document.variant(rank);
    return [rank, version, text];
  });
}

function isKnown([rank, version]: PresenceVariant, have: Registration['have']): boolean {
  return have.some(([known, at]) => known === rank && compareVersions(at, version) === 0);
}
