import type { ContactList, UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import {
  type ContactChange,
  movedFavourite,
  newGroup,
  renamedGroup,
  withFavourite,
  withGroup,
  withMember,
  withoutFavourite,
  withoutGroup,
  withoutMember,
} from './contact-lists.ts';

type Group = ContactList['groups'][number];

export interface ContactActions {
  readonly groups: readonly Group[];
  isFavourite(userId: UserId): boolean;
  addFavourite(userId: UserId): void;
  removeFavourite(userId: UserId): void;
  moveFavourite(userId: UserId, by: number): void;
  createGroup(name: string, members: readonly UserId[]): void;
  renameGroup(groupId: string, name: string): void;
  deleteGroup(group: Group): void;
  addMember(groupId: string, userId: UserId): void;
  removeMember(group: Group, userId: UserId): void;
}

/** Changes of favourites and groups as a person makes them: at once, with undo where a slip is easy. */
export function useContactActions(): ContactActions {
  const { contacts, people } = useWorkspace();
  const { text } = useWords();
  const notices = useNotices();
  const known = useStore(contacts.store);
  const list = known === 'failed' ? undefined : known;

  const change = (wanted: ContactChange, undo?: { readonly what: string; readonly back: ContactChange }) => {
    contacts.change(wanted).catch((error: unknown) => notices.failed(text.contacts.changeFailed, error));
    if (undo) notices.undoable(undo.what, () => change(undo.back));
  };
  const nameOf = (userId: UserId) => people.get(userId)?.name ?? text.app.unknownPerson;

  return {
    groups: list?.groups ?? [],
    isFavourite: (userId) => list?.favourites.includes(userId) ?? false,
    addFavourite: (userId) => change(withFavourite(userId)),
    removeFavourite(userId) {
      const place = list?.favourites.indexOf(userId) ?? 0;
      change(withoutFavourite(userId), {
        what: text.contacts.favouriteRemoved(nameOf(userId)),
        back: withFavourite(userId, place),
      });
    },
    moveFavourite: (userId, by) => change(movedFavourite(userId, by)),
    createGroup: (name, members) => change(withGroup(newGroup(name, members))),
    renameGroup: (groupId, name) => change(renamedGroup(groupId, name)),
    deleteGroup(group) {
      const place = list?.groups.findIndex(({ id }) => id === group.id) ?? 0;
      change(withoutGroup(group.id), { what: text.contacts.groupDeleted(group.name), back: withGroup(group, place) });
    },
    addMember: (groupId, userId) => change(withMember(groupId, userId)),
    removeMember(group, userId) {
      const place = group.members.indexOf(userId);
      change(withoutMember(group.id, userId), {
        what: text.contacts.removedFromGroup(nameOf(userId), group.name),
        back: withMember(group.id, userId, place),
      });
    },
  };
}
