import { join } from 'node:path';
import * as z from 'zod';
import { conversationIdSchema, userIdSchema } from '#shared/ids.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type OutboxItem, Spool, type SpoolDisk } from '#ucserver/outbox/index.ts';
import type { MemberPosition } from './position-plan.ts';

/** Where the read positions of a server stand while SQL is away. */
export function positionFolder(dataFolder: string): string {
  return join(dataFolder, 'positions');
}

const bodySchema = z.object({ read: z.number(), delivered: z.number() });

/** This server's fsynced file of read positions that SQL could not take: of each member in a conversation the last one kept. */
export class PositionSpool {
  readonly #spool: Spool;

  /** @throws Error when the disk cannot be read. */
  static async open(options: { readonly disk: SpoolDisk; readonly logger: Logger }): Promise<PositionSpool> {
    return new PositionSpool(await Spool.open(options));
  }

  private constructor(spool: Spool) {
    this.#spool = spool;
  }

  get size(): number {
    return this.#spool.size;
  }

  /** What SQL was not seen to take, also before this life of the server. */
  all(): MemberPosition[] {
    return [...this.#spool.items()].map(({ key, id, body }) => ({
      conversationId: conversationIdSchema.parse(key),
      userId: userIdSchema.parse(id),
      ...bodySchema.parse(JSON.parse(body)),
    }));
  }

  /** Resolves when these survive a crash, in place of what was kept before of the same members. @throws Error of the disk. */
  async keep(positions: readonly MemberPosition[]): Promise<void> {
    await Promise.all(positions.map((position) => this.#spool.append(itemOf(position))));
  }

  /** SQL has taken this one. */
  stored(position: MemberPosition): void {
    this.#spool.held(itemOf(position));
  }

  /** Deletes files of which nothing is needed any more. @throws Error of the disk. */
  tidy(): Promise<void> {
    return this.#spool.tidy();
  }

  /** Writes what was asked for and closes. */
  close(): Promise<void> {
    return this.#spool.close();
  }
}

function itemOf({ conversationId, userId, read, delivered }: MemberPosition): OutboxItem {
  return { kind: 'position', key: conversationId, id: userId, place: 1, body: JSON.stringify({ read, delivered }) };
}
