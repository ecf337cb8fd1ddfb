import type { ConversationId, UserId } from '#shared/ids.ts';
import {
  chatCommitted,
  chatEmptied,
  chatPending,
  chatPosition,
  chatRecent,
  chatSettled,
  chatTyping,
  type ToldHead,
  toldHeadSchema,
} from '#shared/mesh/contracts/chat.ts';
import type { Mesh, Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { fragment, type Session, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { ConversationMembers } from './conversation-members.ts';
import { type Delivery, longestFill } from './delivery.ts';
import type { Generation } from './generation.ts';
import type { Heads } from './heads.ts';
import type { PendingEntries } from './pending-entries.ts';
import type { MemberPosition } from './position-plan.ts';
import type { RecentEntries } from './recent-entries.ts';

export interface SubscriberOptions {
  readonly mesh: Pick<Mesh, 'on' | 'handle' | 'addResync' | 'onState'>;
  readonly ownership: Pick<Ownership, 'ownerOf'>;
  readonly sessions: Pick<SessionTable, 'ofUser'>;
  readonly recent: RecentEntries;
  readonly delivery: Delivery;
  readonly generation: Generation;
  readonly heads: Heads;
  readonly pending: Pick<PendingEntries, 'told' | 'toldSettled'>;
  readonly members: Pick<ConversationMembers, 'known'>;
}

/** Hears what other servers tell and ask about chat. */
export class Subscriber {
  readonly #options: SubscriberOptions;
  #stops: Unsubscribe[] = [];

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  start(): void {
    const { mesh, recent, delivery, generation, heads, pending } = this.#options;
    this.#stops = [
      mesh.on(chatCommitted, ({ generation: told, told: entries }, from) => {
        generation.observe(told);
        for (const { entry, members } of entries)
          delivery.take(entry, this.#members(entry.conversationId, members), from.serverId);
      }),
      mesh.on(chatPending, ({ told }) => pending.told(told)),
      mesh.on(chatSettled, ({ told }) => pending.toldSettled(told)),
      mesh.on(chatEmptied, ({ conversationId, upTo }) => this.tellEmptied(conversationId, upTo)),
      mesh.on(chatPosition, ({ members, ...position }) => this.tellPosition(position, members)),
      mesh.on(chatTyping, ({ conversationId, userId, to }) => this.tellTyping(conversationId, userId, to)),
      mesh.handle(chatRecent, ({ conversationId, after, limit }) => ({
        generation: generation.value,
        entries: [...recent.after(conversationId, after, Math.min(limit, longestFill))],
      })),
      mesh.addResync({
        name: 'chat.heads',
        item: toldHeadSchema,
        page: (asker, after = '', limit) => {
          const concerns = (userId: UserId) => this.#options.ownership.ownerOf(userId)?.incarnation.serverId === asker.serverId;
          const items: ToldHead[] = [];
          const { value: current } = generation;
          if (current === undefined) return { items };
          for (const { conversationId, members, last } of recent.heads(after)) {
            if (!members.some(concerns)) continue;
            items.push({ conversationId, members: [...members], seq: last.seq, at: last.at, generation: current });
            if (items.length === limit) return { items, next: conversationId };
          }
          return { items };
        },
        apply: (items, peer) => {
          for (const item of items) {
            generation.observe(item.generation);
            // A head of a database that is no more would look as if this one were older.
            if (item.generation === generation.value) heads.told(item, peer.serverId);
          }
        },
      }),
      mesh.onState((state) => {
        if (state === 'up') heads.busIsBack();
      }),
    ];
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Of a large group the members are not told. */
  #members(conversationId: ConversationId, told: readonly UserId[]): readonly UserId[] {
    return told.length > 0 ? told : (this.#options.members.known(conversationId) ?? []);
  }

  /** Tells the clients here; not `except`, which has said it. */
  tellPosition({ conversationId, userId, read, delivered }: MemberPosition, members: readonly UserId[], except?: Session): void {
    const told = fragment('chat.position', { conversationId, userId, read, delivered });
    const key = `chat.position/${conversationId}/${userId}`;
    for (const member of members) {
      for (const session of this.#options.sessions.ofUser(member)) if (session !== except) session.push(told, key);
    }
  }

  /** Members whose clients are here no longer have what stands in the conversation up to this number. */
  tellEmptied(conversationId: ConversationId, upTo: number): void {
    this.#options.recent.emptyUpTo(conversationId, upTo);
    const told = fragment('chat.emptied', { conversationId, upTo });
    for (const member of this.#members(conversationId, []))
      for (const session of this.#options.sessions.ofUser(member)) session.push(told, `chat.emptied/${conversationId}`);
  }

  tellTyping(conversationId: MemberPosition['conversationId'], userId: UserId, to: readonly UserId[]): void {
    const told = fragment('chat.typing', { conversationId, userId });
    for (const member of to) for (const session of this.#options.sessions.ofUser(member)) session.push(told);
  }
}
