import type { ContactList } from '#shared/protocol/contacts.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { change, first, once, procedureSet, recordChange, type Steps, type StoredAct } from '#ucserver/database/index.ts';

export interface ContactListChange {
  readonly act: StoredAct;
  /** With the version that was read; the stored one gets the next. */
  readonly list: ContactList;
}

export const contactProcedures = procedureSet('contacts', import.meta.url, {
  /** Stores a list. @throws UCError VERSION_CONFLICT with `details.current` */
  *put(queries, { act, list }: ContactListChange): Steps<ContactList> {
    const { db } = queries;
    const userId = act.actorId;
    return yield* once(queries, act, function* () {
      const before = yield* first(db.selectFrom('contact_lists').selectAll().where('user_id', '=', userId));
      const stored: ContactList = { ...list, version: list.version + 1 };
      const { version, ...document } = stored;
      const row = { document: JSON.stringify(document), version };
      let changed = 0;
      if ((before?.version ?? 0) === list.version) {
        changed =
          before === undefined
            ? yield* change(db.insertInto('contact_lists').values({ user_id: userId, ...row }))
            : yield* change(
                db.updateTable('contact_lists').set(row).where('user_id', '=', userId).where('version', '=', list.version),
              );
      }
      if (changed === 0)
        throw new UCError('VERSION_CONFLICT', undefined, { field: 'params.version', details: { current: toList(before) } });
      yield* recordChange(queries, 'contactList', [userId], act.at);
      return stored;
    });
  },
});

/** A row as the list it holds; nobody's row is the empty list of version 0. */
export function toList(row: { readonly document: string; readonly version: number } | undefined): ContactList {
  if (row === undefined) return { version: 0, favourites: [], groups: [] };
  const { favourites, groups } = JSON.parse(row.document) as ContactList;
  return { version: row.version, favourites, groups };
}
