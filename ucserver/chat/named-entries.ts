import type { UserId } from '#shared/ids.ts';
import { maxAboutEntries } from '#shared/protocol/chat.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Access } from './access.ts';
import type { EntryRepository } from './entry-repository.ts';
import { toWire } from './wire.ts';

export interface NamedEntriesOptions {
  readonly access: Pick<Access, 'reading'>;
  readonly repository: EntryRepository;
}

/** Single entries far from those a client holds: what a message answers, and what became of the messages of an old page. */
export class NamedEntries {
  readonly #options: NamedEntriesOptions;

  constructor(options: NamedEntriesOptions) {
    this.#options = options;
  }

  /** @throws UCError */
  async read(userId: UserId, { conversationId, entryIds }: Params<'chat.entries'>): Promise<Result<'chat.entries'>> {
    const { access, repository } = this.#options;
    const { from, upTo } = await access.reading(conversationId, userId);
    const ids = [...new Set(entryIds)];
    const [named, about] = await Promise.all([
      repository.named(conversationId, ids),
      repository.about(conversationId, ids, maxAboutEntries),
    ]);
    const byNumber = new Map([...named, ...about].map((entry) => [entry.seq, entry]));
    const visible = [...byNumber.values()].filter(({ seq }) => seq >= from && seq <= upTo);
    return { entries: visible.sort((a, b) => a.seq - b.seq).map(toWire) };
  }
}
