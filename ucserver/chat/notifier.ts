import type { ConversationId, ServerId, UserId } from '#shared/ids.ts';
import type { EventOf } from '#shared/mesh/contract.ts';
import {
  chatCommitted,
  chatEmptied,
  chatPending,
  chatPosition,
  chatSettled,
  chatTyping,
  type ToldEntry,
} from '#shared/mesh/contracts/chat.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { Committed } from './committer.ts';
import type { PendingChat } from './pending-item.ts';
import type { MemberPosition } from './position-plan.ts';

export interface NotifierOptions {
  readonly mesh: Pick<Mesh, 'send' | 'sendLatest'>;
  readonly ownership: Pick<Ownership, 'owns' | 'ownerOf'>;
}

type ToldPending = EventOf<typeof chatPending>['told'][number];
/** An entry that was pending, by its ids, and its number. */
export type SettledEntry = EventOf<typeof chatSettled>['told'][number];

/** Of larger groups every server knows the members from its memory copy; an event with a thousand names would be mostly names. */
const mostToldMembers = 50;
/** A usual id, with what stands around it. */
const unitsPerName = 26;
/** Ids and what stands around them. */
const unitsOfRest = 300;
/** JSON text of bodies and members in one event; what quoting it once more adds still fits into an envelope. */
const bodyUnitsAtOnce = 30_000;

/** Tells the other servers that hold a session of a member; each once, however many members it holds. */
export class Notifier {
  readonly #options: NotifierOptions;
  /** Became pending in this turn of the event loop, one by one, and is told together. */
  #pending: PendingChat[] = [];

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  committed(generation: number, committed: readonly Committed[]): void {
    const news = committed.map(({ entry, members }): News<ToldEntry> => {
      const names = members.length > mostToldMembers ? [] : [...members];
      return { to: members, told: { entry, members: names } };
    });
    for (const [server, told] of this.#perServer(news)) this.#options.mesh.send(server, chatCommitted, { generation, told });
  }

  pending(pending: readonly PendingChat[]): void {
    if (this.#pending.length === 0) queueMicrotask(() => this.#tellPending());
    this.#pending.push(...pending);
  }

  settled(news: readonly News<SettledEntry>[]): void {
    // Nobody hears that something is stored before it was told to be pending.
    this.#tellPending();
    for (const [server, told] of this.#perServer(news)) this.#options.mesh.send(server, chatSettled, { told });
  }

  position(position: MemberPosition, members: readonly UserId[]): void {
    const { conversationId, userId, read, delivered } = position;
    const event = { conversationId, members: [...members], userId, read, delivered };
    const key = `chat.position/${conversationId}/${userId}`;
    for (const server of this.#serversOf(members)) this.#options.mesh.sendLatest(server, key, chatPosition, event);
  }

  emptied(conversationId: ConversationId, upTo: number, members: readonly UserId[]): void {
    const key = `chat.emptied/${conversationId}`;
    for (const server of this.#serversOf(members))
      this.#options.mesh.sendLatest(server, key, chatEmptied, { conversationId, upTo });
  }

  typing(conversationId: MemberPosition['conversationId'], userId: UserId, to: readonly UserId[]): void {
    for (const server of this.#serversOf(to))
      this.#options.mesh.send(server, chatTyping, { conversationId, userId, to: [...to] });
  }

  #tellPending(): void {
    const pending = this.#pending;
    this.#pending = [];
    const news = pending.map(({ entry, place, members }) => ({ to: members, told: { entry, place, members: [...members] } }));
    for (const [server, told] of this.#perServer(news)) this.#options.mesh.send(server, chatPending, { told });
  }

  /** For each server what concerns it, in portions that no event is too long for. */
  *#perServer<Told extends ToldEntry | ToldPending | SettledEntry>(news: readonly News<Told>[]): Generator<[ServerId, Told[]]> {
    const byServer = new Map<ServerId, Told[]>();
    for (const { to, told } of news) {
      for (const server of this.#serversOf(to)) {
        const list = byServer.get(server);
        if (list === undefined) byServer.set(server, [told]);
        else list.push(told);
      }
    }
    for (const [server, list] of byServer) for (const told of portions(list)) yield [server, told];
  }

  /** The owners of these people, without this server. */
  #serversOf(members: readonly UserId[]): Set<ServerId> {
    const { ownership } = this.#options;
    const servers = new Set<ServerId>();
    for (const userId of members) {
      if (ownership.owns(userId)) continue;
      const owner = ownership.ownerOf(userId);
      if (owner !== undefined) servers.add(owner.incarnation.serverId);
    }
    return servers;
  }
}

/** Something for the servers that hold a session of somebody. */
interface News<Told> {
  /** Whom it concerns. */
  readonly to: readonly UserId[];
  readonly told: Told;
}

/** Cuts a list so that no event becomes too long. */
function* portions<Told extends ToldEntry | ToldPending | SettledEntry>(list: readonly Told[]): Generator<Told[]> {
  let portion: Told[] = [];
  let units = 0;
  for (const told of list) {
    const more = unitsOf(told);
    if (portion.length > 0 && units + more > bodyUnitsAtOnce) {
      yield portion;
      portion = [];
      units = 0;
    }
    portion.push(told);
    units += more;
  }
  if (portion.length > 0) yield portion;
}

function unitsOf(told: ToldEntry | ToldPending | SettledEntry): number {
  return unitsOfRest + ('entry' in told ? told.entry.body.length + told.members.length * unitsPerName : 0);
}
