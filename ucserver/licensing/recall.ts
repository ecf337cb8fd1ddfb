import { incarnationId } from '#shared/ids.ts';
import { recallSeats } from '#shared/mesh/contracts/licensing.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { LicensedFeature } from './licence.ts';
import type { SeatBoard } from './store.ts';

const deadlineMs = 1_000;
/** Servers asked at the same time. */
const atOnce = 3;

/** Asks other servers for seats that nobody uses, those first that have most according to Redis. */
export class Recall {
  readonly #mesh: Pick<Mesh, 'peers' | 'request'>;
  readonly #board: Pick<SeatBoard, 'read'>;
  readonly #logger: Logger;
  #underWay: Promise<number> | undefined;

  constructor({
    mesh,
    board,
    logger,
  }: { mesh: Pick<Mesh, 'peers' | 'request'>; board: Pick<SeatBoard, 'read'>; logger: Logger }) {
    this.#mesh = mesh;
    this.#board = board;
    this.#logger = logger;
  }

  /** @returns how many were given back; calls at the same time share one. Never rejects. */
  ask(feature: LicensedFeature, seats: number): Promise<number> {
    this.#underWay ??= this.#askAll(feature, seats).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #askAll(feature: LicensedFeature, seats: number): Promise<number> {
    const held = await this.#board.read().catch(() => new Map<string, never>());
    const unused = (id: string) => {
      const { seats: has = 0, inUse = 0 } = held.get(id)?.[feature] ?? {};
      return has - inUse;
    };
    const peers = this.#mesh.peers().map((peer) => ({ serverId: peer.serverId, unused: unused(incarnationId(peer)) }));
    peers.sort((one, other) => other.unused - one.unused);
    let given = 0;
    for (let at = 0; at < peers.length && given < seats; at += atOnce) {
      const asked = peers.slice(at, at + atOnce).map(async ({ serverId }) => {
        const answer = await this.#mesh.request(serverId, recallSeats, { feature, seats }, { deadlineMs });
        return answer.given;
      });
      for (const result of await Promise.allSettled(asked)) {
        if (result.status === 'fulfilled') given += result.value;
        else this.#logger.debug('A server was asked for seats in vain', { error: result.reason as unknown });
      }
    }
    return given;
  }
}
