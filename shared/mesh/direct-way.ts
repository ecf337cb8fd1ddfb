import { type IncarnationId, parseIncarnation } from '../ids.ts';
import { UCError } from '../protocol/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { type DirectClient, DirectWayClosed } from './direct-client.ts';
import type { Envelope, EnvelopeSealer } from './envelope.ts';
import { type AskedRequest, decodeFirst, type Fragment } from './payload.ts';
import type { Peer } from './peer.ts';
import type { PendingRequests } from './pending-requests.ts';

export interface DirectWayOptions {
  readonly client: DirectClient;
  readonly sealer: EnvelopeSealer;
  readonly pending: PendingRequests;
  readonly logger: Logger;
  readonly self: () => IncarnationId;
  readonly seal: (kind: Envelope['kind'], to: IncarnationId, number: number, payload: string) => Buffer;
  /** The living peer of this incarnation, if there is one. */
  readonly peerOf: (incarnation: ReturnType<typeof parseIncarnation>) => Peer | undefined;
  readonly execute: (request: AskedRequest, peer: Peer, ageMs: number) => Promise<Fragment>;
}

/** Requests by HTTP from mesh address to mesh address, when the bus does not carry them: the same envelopes and the same handlers. */
export class DirectWay {
  readonly #options: DirectWayOptions;

  constructor(options: DirectWayOptions) {
    this.#options = options;
  }

  /** Sends a pending request to the mesh address of its server. */
  async ask(peer: Peer, id: number): Promise<void> {
    const { pending } = this.#options;
    const asked = pending.toRepeat(id);
    if (asked === undefined) return;
    if (peer.meshUrl === undefined) {
      pending.fail(id, new UCError('OWNER_UNREACHABLE'));
      return;
    }
    try {
      await this.#exchange(peer, peer.meshUrl, asked.fragment, asked.remainingMs);
    } catch (error) {
      const code = error instanceof DirectWayClosed ? 'OWNER_UNREACHABLE' : 'OUTCOME_UNKNOWN';
      pending.fail(id, new UCError(code, undefined, { cause: error }));
    }
  }

  /** A sealed request that came here. @returns the sealed answer, or `undefined` for one that must not be executed. */
  async answer(bytes: Buffer): Promise<Buffer | undefined> {
    const { sealer, self, peerOf, execute, seal } = this.#options;
    const envelope = sealer.open(bytes, self(), 'ask');
    if (typeof envelope === 'string') return this.#refuse(envelope);
    const peer = peerOf(parseIncarnation(envelope.from));
    if (peer === undefined) return this.#refuse('dead', envelope.from);
    if (!peer.directWindow.accept(envelope.number)) return this.#refuse('replayed', envelope.from);
    const item = decodeFirst(JSON.parse(envelope.payload));
    if (item?.kind !== 'request') return this.#refuse('not a request', envelope.from);
    const answer = await execute(item, peer, peer.directAge.arrived(envelope.sentMs));
    return seal('answer', peer.id, envelope.number, answer);
  }

  async #exchange(peer: Peer, meshUrl: string, fragment: Fragment, timeoutMs: number): Promise<void> {
    const { client, sealer, self, seal, pending } = this.#options;
    const number = peer.nextDirectNumber();
    const bytes = await client.ask(meshUrl, seal('ask', peer.id, number, fragment), timeoutMs);
    const envelope = sealer.open(bytes, self(), 'answer');
    if (typeof envelope === 'string' || envelope.from !== peer.id || envelope.number !== number) {
      throw new Error('The answer is not genuine');
    }
    const item = decodeFirst(JSON.parse(envelope.payload));
    if (item?.kind === 'result') pending.answered(item.id, peer.id, item.result);
    else if (item?.kind === 'error') pending.refused(item.id, peer.id, item.error);
  }

  #refuse(why: string, from?: IncarnationId): undefined {
    this.#options.logger.warn('A request on the mesh address was refused', { why, from });
    return undefined;
  }
}
