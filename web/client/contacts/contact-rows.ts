import type { ContactList, GroupId, UserId } from '#web/api/index.ts';
import type { PeoplePage } from './people-pages.ts';

/** A part of the contact list that opens and closes. */
export interface Section {
  readonly id: string;
  readonly kind: 'favourites' | 'own' | 'department' | 'everybody';
  readonly label: string;
  readonly count: number | undefined;
  readonly open: boolean;
  readonly groupId?: string;
}

export type ContactRow =
  | { readonly kind: 'section'; readonly key: string; readonly section: Section }
  | { readonly kind: 'person'; readonly key: string; readonly section: Section; readonly userId: UserId }
  | { readonly kind: 'hint'; readonly key: string; readonly hint: 'noFavourites' | 'emptyGroup' | 'loading' | 'failed' };

export interface CompanyGroupRow {
  readonly groupId: GroupId;
  readonly name: string;
  readonly memberCount: number;
}

export interface ContactRowsInput {
  readonly contacts: ContactList;
  readonly departments: readonly CompanyGroupRow[];
  /** Ids of sections that are not as they are at first. */
  readonly turned: ReadonlySet<string>;
  readonly pageOf: (groupId: GroupId | undefined) => PeoplePage | undefined;
  readonly labels: { readonly favourites: string; readonly everybody: string };
}

/** Departments are closed at first, everything else is open. */
function isOpen(id: string, kind: Section['kind'], turned: ReadonlySet<string>): boolean {
  return (kind !== 'department') !== turned.has(id);
}

/** The contact list as rows: sections with their people below them, where they are open. */
export function contactRows({ contacts, departments, turned, pageOf, labels }: ContactRowsInput): ContactRow[] {
  const rows: ContactRow[] = [];
  const add = (section: Omit<Section, 'open'>, people: readonly UserId[], rest?: ContactRow & { kind: 'hint' }) => {
    const shown: Section = { ...section, open: isOpen(section.id, section.kind, turned) };
    rows.push({ kind: 'section', key: shown.id, section: shown });
    if (!shown.open) return;
    for (const userId of people) rows.push({ kind: 'person', key: `${shown.id}/${userId}`, section: shown, userId });
    if (rest) rows.push(rest);
  };
  const hint = (id: string, what: 'noFavourites' | 'emptyGroup' | 'loading' | 'failed') =>
    ({ kind: 'hint', key: `${id}/hint`, hint: what }) as const;
  const { favourites, groups } = contacts;
  add(
    { id: 'favourites', kind: 'favourites', label: labels.favourites, count: favourites.length },
    favourites,
    favourites.length === 0 ? hint('favourites', 'noFavourites') : undefined,
  );
  for (const { id, name, members } of groups) {
    const key = `own-${id}`;
    add(
      { id: key, kind: 'own', label: name, count: members.length, groupId: id },
      members,
      members.length === 0 ? hint(key, 'emptyGroup') : undefined,
    );
  }
  for (const { groupId, name, memberCount } of departments) {
    const key = `department-${groupId}`;
    const page = pageOf(groupId);
    add({ id: key, kind: 'department', label: name, count: memberCount, groupId }, page?.userIds ?? [], restOf(key, page));
  }
  const everybody = pageOf(undefined);
  add(
    { id: 'everybody', kind: 'everybody', label: labels.everybody, count: undefined },
    everybody?.userIds ?? [],
    restOf('everybody', everybody),
  );
  return rows;

  function restOf(id: string, page: PeoplePage | undefined) {
    if (page?.state === 'failed') return hint(id, 'failed');
    if (!page || page.more) return hint(id, 'loading');
    return page.userIds.length === 0 ? hint(id, 'emptyGroup') : undefined;
  }
}
