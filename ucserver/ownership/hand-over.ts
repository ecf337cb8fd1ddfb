import { type Incarnation, incarnationId, type UserId } from '#shared/ids.ts';
import { deliverHandOver, type HandOver, type OwnerChangeRecord } from '#shared/mesh/contracts/ownership.ts';
import type { Mesh, Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { HandOverPart } from './port.ts';

/** What the features hand over, by name. */
export class HandOverParts {
  readonly #parts = new Map<string, HandOverPart>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @throws Error when the name is taken. */
  add(name: string, part: HandOverPart): Unsubscribe {
    if (this.#parts.has(name)) throw new Error(`The hand-over part ${name} exists already`);
    this.#parts.set(name, part);
    return () => void this.#parts.delete(name);
  }

  export(userId: UserId): HandOver {
    const handOver: Record<string, unknown> = {};
    for (const [name, part] of this.#parts) {
      try {
        const exported = part.export(userId);
        if (exported !== undefined) handOver[name] = exported;
      } catch (error) {
        this.#logger.error('A part could not be handed over', { part: name, userId, error });
      }
    }
    return handOver;
  }

  import(userId: UserId, handOver: HandOver): void {
    for (const [name, exported] of Object.entries(handOver)) {
      try {
        this.#parts.get(name)?.import(userId, exported);
      } catch (error) {
        this.#logger.error('A handed-over part was not understood', { part: name, userId, error });
      }
    }
  }
}

export interface Delivery {
  readonly userId: UserId;
  readonly handOver: HandOver;
}

/** Groups deliveries so that each group stays far below the limit of an envelope (256 KiB). */
export function inGroups<T extends Delivery>(deliveries: readonly T[], mostUsers = 50, mostBytes = 96 * 1024): T[][] {
  const groups: T[][] = [];
  let group: T[] = [];
  let bytes = 0;
  for (const delivery of deliveries) {
    const size = Buffer.byteLength(JSON.stringify(delivery.handOver)) + 128;
    if (group.length > 0 && (group.length >= mostUsers || bytes + size > mostBytes)) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(delivery);
    bytes += size;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

const retryMs = 500;
const mostTries = 20;

export interface HandOverDeliveryOptions {
  readonly mesh: Mesh;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isLive: (incarnation: Incarnation) => boolean;
  /** The receiver does not own these users: where they are instead. */
  readonly onElsewhere: (changes: readonly OwnerChangeRecord[]) => void;
  readonly ownerOf: (userId: UserId) => Incarnation | undefined;
}

/** Brings what a loser still knew to the winner, again until it has arrived or the winner is dead; users of one turn together. */
export class HandOverDelivery {
  readonly #options: HandOverDeliveryOptions;
  readonly #waiting = new Map<string, { to: Incarnation; deliveries: Map<UserId, Delivery & { tries: number }> }>();

  constructor(options: HandOverDeliveryOptions) {
    this.#options = options;
  }

  add(delivery: Delivery, to: Incarnation, tries = 0): void {
    if (tries >= mostTries || Object.keys(delivery.handOver).length === 0) return;
    const id = incarnationId(to);
    let waiting = this.#waiting.get(id);
    if (!waiting) {
      waiting = { to, deliveries: new Map() };
      this.#waiting.set(id, waiting);
      const later = () => void this.#deliver(id);
      if (tries === 0) setImmediate(later);
      else this.#options.clock.after(retryMs, later);
    }
    waiting.deliveries.set(delivery.userId, { ...delivery, tries });
  }

  async #deliver(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) await Promise.all(inGroups([...waiting.deliveries.values()]).map((group) => this.#send(group, waiting.to)));
  }

  async #send(group: readonly (Delivery & { tries: number })[], to: Incarnation): Promise<void> {
    const { mesh, logger, isLive, onElsewhere, ownerOf } = this.#options;
    if (!isLive(to)) return;
    const again = (delivery: Delivery & { tries: number }) => {
      const owner = ownerOf(delivery.userId);
      if (owner) this.add(delivery, owner, delivery.tries + 1);
    };
    try {
      const users = group.map(({ userId, handOver }) => ({ userId, handOver }));
      const { elsewhere } = await mesh.request(to.serverId, deliverHandOver, { users });
      onElsewhere(elsewhere);
      const moved = new Set(elsewhere.map(({ userId }) => userId));
      for (const delivery of group) if (moved.has(delivery.userId)) again(delivery);
    } catch (error) {
      logger.warn('A hand-over did not arrive yet', { to: incarnationId(to), users: group.length, error });
      for (const delivery of group) again(delivery);
    }
  }
}
