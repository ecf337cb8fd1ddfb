import type { UserId } from '#shared/ids.ts';
import type { ContactList } from '#shared/protocol/contacts.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params } from '#shared/protocol/index.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Database, type Replica, replicaParts, StatementError } from '#ucserver/database/index.ts';
import { contactProcedures, toList } from './repository.ts';

export interface ContactsOptions {
  readonly database: Database;
  readonly replica: Replica;
  readonly clock: Clock;
}

/** Favourites and contact groups: read from memory, kept in SQL. */
export class Contacts {
  readonly #options: ContactsOptions;

  constructor(options: ContactsOptions) {
    this.#options = options;
  }

  get(userId: UserId): ContactList {
    return toList(this.#options.replica.items(replicaParts.contactLists).get(userId));
  }

  /**
   * Replaces the list; answers when this server has it.
   * @throws UCError BAD_REQUEST, VERSION_CONFLICT with `details.current`, STORAGE_UNAVAILABLE
   */
  async put(userId: UserId, { actId, ...list }: Params<'contacts.put'>): Promise<ContactList> {
    checkList(list);
    const { database, replica, clock } = this.#options;
    const change = { act: { actorId: userId, actId, method: 'contacts.put', at: clock.wallMs() }, list };
    let stored: ContactList;
    try {
      stored = await database.run(contactProcedures.put, change);
    } catch (error) {
      // Two first lists at once: the second try finds the other's.
      if (!(error instanceof StatementError && error.kind === 'duplicate')) throw error;
      stored = await database.run(contactProcedures.put, change);
    }
    await replica.refresh();
    return stored;
  }

  /** The lists of these people have changed. Answers how to stop listening. */
  onChange(listener: (userIds: readonly UserId[]) => void): () => void {
    return this.#options.replica.onChange(replicaParts.contactLists, (ids) => listener(ids as readonly UserId[]));
  }
}

/** Nobody stands in a list twice, and no two groups have the same id. */
function checkList({ favourites, groups }: ContactList): void {
  checkOnce(favourites, 'params.favourites');
  for (const [index, { members }] of groups.entries()) checkOnce(members, `params.groups.${index}.members`);
  checkOnce(
    groups.map(({ id }) => id),
    'params.groups',
  );
}

function checkOnce(ids: readonly string[], at: string): void {
  const seen = new Set<string>();
  for (const [index, id] of ids.entries()) {
    if (seen.has(id)) throw new UCError('BAD_REQUEST', `${at}.${index}: stands there twice`, { field: `${at}.${index}` });
    seen.add(id);
  }
}
