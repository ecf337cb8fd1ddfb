import type { UserId } from '#shared/ids.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Access } from './access.ts';
import type { PositionWriter } from './position-writer.ts';
import type { ChatRepository } from './repository.ts';

export interface PositionReaderOptions {
  readonly access: Pick<Access, 'members'>;
  readonly repository: Pick<ChatRepository, 'positionsOf'>;
  readonly waiting: PositionWriter['waiting'];
}

/** How far the members of a conversation have got, for those of them who ask: in large ones nobody is told by itself. */
export class PositionReader {
  readonly #options: PositionReaderOptions;

  constructor(options: PositionReaderOptions) {
    this.#options = options;
  }

  /** @throws UCError `NOT_FOUND` also for conversations of others, `STORAGE_UNAVAILABLE` */
  async read(userId: UserId, { conversationId }: Params<'chat.positions'>): Promise<Result<'chat.positions'>> {
    const { access, repository, waiting } = this.#options;
    await access.members(conversationId, userId);
    const stored = await repository.positionsOf(conversationId);
    const positions = stored.map((position) => {
      const newer = waiting(conversationId, position.userId);
      const { read, delivered } = position;
      return { ...position, read: Math.max(read, newer?.read ?? 0), delivered: Math.max(delivered, newer?.delivered ?? 0) };
    });
    return { positions };
  }
}
