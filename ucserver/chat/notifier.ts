import type { ServerId, UserId } from '#shared/ids.ts';
import { chatCommitted, chatPosition, chatTyping, type ToldEntry } from '#shared/mesh/contracts/chat.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { Committed } from './committer.ts';
import type { MemberPosition } from './position-plan.ts';

export interface NotifierOptions {
  readonly mesh: Pick<Mesh, 'self' | 'send' | 'sendLatest'>;
  readonly ownership: Pick<Ownership, 'ownerOf'>;
}

/** JSON text of bodies in one event; what quoting it once more adds still fits into an envelope. */
const bodyUnitsAtOnce = 30_000;

/** Tells the other servers that hold a session of a member; each once, however many members it holds. */
export class Notifier {
  readonly #options: NotifierOptions;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  committed(generation: number, committed: readonly Committed[]): void {
    const byServer = new Map<ServerId, ToldEntry[]>();
    for (const { entry, members } of committed) {
      const told = { entry, members: [...members] };
      for (const server of this.#serversOf(members)) {
        const list = byServer.get(server);
        if (list === undefined) byServer.set(server, [told]);
        else list.push(told);
      }
    }
    for (const [server, list] of byServer) {
      for (const told of portions(list)) this.#options.mesh.send(server, chatCommitted, { generation, told });
    }
  }

  position(position: MemberPosition, members: readonly UserId[]): void {
    const { conversationId, userId, read, delivered } = position;
    const event = { conversationId, members: [...members], userId, read, delivered };
    const key = `chat.position/${conversationId}/${userId}`;
    for (const server of this.#serversOf(members)) this.#options.mesh.sendLatest(server, key, chatPosition, event);
  }

  typing(conversationId: MemberPosition['conversationId'], userId: UserId, to: readonly UserId[]): void {
    for (const server of this.#serversOf(to))
      this.#options.mesh.send(server, chatTyping, { conversationId, userId, to: [...to] });
  }

  #serversOf(members: readonly UserId[]): Set<ServerId> {
    const servers = new Set<ServerId>();
    for (const userId of members) {
      const owner = this.#options.ownership.ownerOf(userId);
      if (owner !== undefined) servers.add(owner.incarnation.serverId);
    }
    servers.delete(this.#options.mesh.self.serverId);
    return servers;
  }
}

/** Cuts a list so that no event becomes too long. */
function* portions(list: readonly ToldEntry[]): Generator<ToldEntry[]> {
  let portion: ToldEntry[] = [];
  let units = 0;
  for (const told of list) {
    const more = told.entry.body.length + 300;
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
