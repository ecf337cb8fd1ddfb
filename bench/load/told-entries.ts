import { Redis } from 'ioredis';
import { chatCommitted } from '#shared/mesh/contracts/chat.ts';
import { decodePayload } from '#shared/mesh/payload.ts';

/** Length of the signature at the beginning of an envelope. */
const signatureBytes = 32;
/** How an envelope with events goes on. */
const streamHeader = 'ucmesh1 stream ';

/** Listens to everything that servers send each other, and counts what they tell of the entries of one conversation. */
export class ToldEntries {
  readonly #redis: Redis;
  readonly #conversationId: string;
  /** Entries told to a server, each as often as it was told. */
  count = 0;
  /** People who were named with them. */
  names = 0;

  /** @param port of the servers' Redis */
  static async of(conversationId: string, port: number): Promise<ToldEntries> {
    const listener = new ToldEntries(conversationId, new Redis(port, '127.0.0.1'));
    await listener.#redis.psubscribe('*');
    return listener;
  }

  private constructor(conversationId: string, redis: Redis) {
    this.#conversationId = conversationId;
    this.#redis = redis;
    redis.on('pmessageBuffer', (_pattern, _channel, bytes: Buffer) => this.#read(bytes));
  }

  stop(): void {
    this.#redis.disconnect();
  }

  #read(bytes: Buffer): void {
    // The floor tells one entry in each message.
    if (bytes.toString('latin1', 0, this.#conversationId.length + 1) === `K${this.#conversationId}`) this.count++;
    if (bytes.toString('latin1', signatureBytes, signatureBytes + streamHeader.length) !== streamHeader) return;
    const { first } = decodePayload(bytes.toString('utf8', bytes.indexOf('\n', signatureBytes) + 1));
    for (const item of first) {
      if (item.kind !== 'event' || item.name !== chatCommitted.name) continue;
      for (const { entry, members } of chatCommitted.schema.parse(item.event).told) {
        if (entry.conversationId !== this.#conversationId) continue;
        this.count++;
        this.names += members.length;
      }
    }
  }
}
