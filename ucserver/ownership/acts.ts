import * as z from 'zod';
import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { incarnationId, incarnationIdSchema, parseIncarnation, type ServerId, type UserId } from '#shared/ids.ts';
import type { ActContract, ActOn, ActParams } from '#shared/mesh/contracts/ownership.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { ActResults } from '#ucserver/gateway/index.ts';
import type { ActContext, Owner, Ownership } from './port.ts';

/** What stands in the details of `NOT_OWNER`. */
const whereSchema = z.object({ owner: incarnationIdSchema, term: z.number().int().min(0) });

export function notOwner(owner: Owner | undefined): UCError {
  const details = owner && { owner: incarnationId(owner.incarnation), term: owner.term };
  return new UCError('NOT_OWNER', undefined, details ? { details } : {});
}

type Handler = (params: ActParams, context: ActContext) => unknown;

export interface ActsOptions {
  readonly cluster: Cluster;
  readonly results: ActResults;
  readonly ownership: Pick<Ownership, 'owns' | 'ownerOf' | 'termOf' | 'take'>;
  /** Resolves when a release of this user that has begun is done. */
  readonly settled: (userId: UserId) => Promise<void>;
  /** Another server says where the user is. */
  readonly learn: (userId: UserId, owner: Owner) => void;
  readonly homeOf: (userId: UserId) => ServerId | undefined;
  readonly logger: Logger;
}

const mostHops = 3;

/** Takes acts on users to their owners, and executes those that arrive, once each. */
export class Acts {
  readonly #options: ActsOptions;
  readonly #handlers = new Map<string, Handler>();

  constructor(options: ActsOptions) {
    this.#options = options;
  }

  handle<Params extends ActParams, Result>(
    contract: ActContract<Params, Result>,
    handler: (params: Params, context: ActContext) => Result | Promise<Result>,
  ): Unsubscribe {
    if (this.#handlers.has(contract.name)) throw new Error(`The act ${contract.name} has a handler already`);
    this.#handlers.set(contract.name, handler as Handler);
    const { cluster, logger } = this.#options;
    const stop = cluster.mesh.handle(contract, (act, { from, correlationId }) => {
      const { userId } = act;
      logger.debug('Acting for another server', { correlationId, userId, act: contract.name, from: from.serverId });
      return this.#execute(contract, act, correlationId);
    });
    return () => {
      this.#handlers.delete(contract.name);
      stop();
    };
  }

  async act<Params extends ActParams, Result>(
    userId: UserId,
    contract: ActContract<Params, Result>,
    params: Params,
    correlationId: string | undefined,
  ): Promise<Result> {
    const { cluster, ownership, learn, logger } = this.#options;
    let avoidHome = false;
    for (let hop = 1; ; hop++) {
      const owner = ownership.ownerOf(userId);
      const to = owner?.incarnation.serverId ?? (avoidHome ? undefined : this.#home(userId)) ?? cluster.self.serverId;
      const act = { userId, term: owner?.term ?? 0, params };
      try {
        if (to === cluster.self.serverId) return await this.#execute(contract, act, correlationId);
        logger.debug('Asking the owner to act', { correlationId, userId, act: contract.name, to });
        return await cluster.mesh.request(to, contract, act, correlationId === undefined ? {} : { correlationId });
      } catch (error) {
        if (hop >= mostHops || !(error instanceof UCError)) throw error;
        if (error.code === 'OWNER_UNREACHABLE' && !owner) {
          avoidHome = true;
          continue;
        }
        const where = error.code === 'NOT_OWNER' ? whereSchema.safeParse(error.details).data : undefined;
        if (!where) throw error;
        learn(userId, { incarnation: parseIncarnation(where.owner), term: where.term });
      }
    }
  }

  /** The home server, where a user without owner is taken before the act. */
  #home(userId: UserId): ServerId | undefined {
    const { cluster, homeOf } = this.#options;
    const home = homeOf(userId);
    const member = home && cluster.members.get(home);
    return member && !member.draining && !member.suspected ? home : undefined;
  }

  async #execute<Params extends ActParams, Result>(
    contract: ActContract<Params, Result>,
    { userId, term, params }: ActOn<Params>,
    correlationId: string | undefined,
  ): Promise<Result> {
    const { ownership, settled, results } = this.#options;
    const handler = this.#handlers.get(contract.name);
    if (!handler) throw new UCError('UNKNOWN_METHOD');
    await settled(userId);
    if (!ownership.owns(userId)) {
      if (ownership.ownerOf(userId)) throw notOwner(ownership.ownerOf(userId));
      if ((await ownership.take(userId)) !== 'taken') throw notOwner(ownership.ownerOf(userId));
    } else if (term !== 0 && term !== ownership.termOf(userId)) {
      throw notOwner(ownership.ownerOf(userId));
    }
    const run = async () => handler(params, { userId, correlationId }) as Result | Promise<Result>;
    return results.once(userId, params.actId, contract.name, params, run);
  }
}
