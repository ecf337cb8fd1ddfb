import { Menu, MenuDivider, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { ArrowDownRegular } from '@fluentui/react-icons/svg/arrow-down';
import { ArrowUpRegular } from '@fluentui/react-icons/svg/arrow-up';
import { ChatRegular } from '@fluentui/react-icons/svg/chat';
import { ContactCardRegular } from '@fluentui/react-icons/svg/contact-card';
import { PeopleAddRegular } from '@fluentui/react-icons/svg/people-add';
import { PersonDeleteRegular } from '@fluentui/react-icons/svg/person-delete';
import { StarRegular } from '@fluentui/react-icons/svg/star';
import { StarOffRegular } from '@fluentui/react-icons/svg/star-off';
import type { UserId } from '#web/api/index.ts';
import { go } from '#web/client/app/route.ts';
import { useWords } from '#web/ui/text.ts';
import { useContactActions } from './contact-actions.ts';

export interface PersonMenuProps {
  readonly userId: UserId;
  readonly target: HTMLElement;
  /** The own group the row stands in, if any. */
  readonly groupId?: string;
  /** The row stands among the favourites. */
  readonly asFavourite?: boolean;
  readonly onClose: () => void;
  readonly onNewGroup: (userId: UserId) => void;
}

/** What can be done with a person of a list. */
export function PersonMenu({ userId, target, groupId, asFavourite, onClose, onNewGroup }: PersonMenuProps) {
  const { text } = useWords();
  const { contacts } = text;
  const actions = useContactActions();
  const favourite = actions.isFavourite(userId);
  const own = actions.groups.find(({ id }) => id === groupId);
  const others = actions.groups.filter(({ members }) => !members.includes(userId));
  return (
    <Menu open onOpenChange={(_, { open }) => !open && onClose()} positioning={{ target, position: 'below', align: 'start' }}>
      <MenuPopover>
        <MenuList>
          <MenuItem icon={<ChatRegular />} onClick={() => go({ view: 'chat', userId })}>
            {contacts.chat}
          </MenuItem>
          <MenuItem icon={<ContactCardRegular />} onClick={() => go({ view: 'person', userId })}>
            {contacts.card}
          </MenuItem>
          <MenuDivider />
          <MenuItem
            icon={favourite ? <StarOffRegular /> : <StarRegular />}
            onClick={() => (favourite ? actions.removeFavourite(userId) : actions.addFavourite(userId))}
          >
            {favourite ? contacts.removeFavourite : contacts.addFavourite}
          </MenuItem>
          {asFavourite === true && (
            <>
              <MenuItem icon={<ArrowUpRegular />} onClick={() => actions.moveFavourite(userId, -1)}>
                {contacts.moveUp}
              </MenuItem>
              <MenuItem icon={<ArrowDownRegular />} onClick={() => actions.moveFavourite(userId, 1)}>
                {contacts.moveDown}
              </MenuItem>
            </>
          )}
          {own && (
            <MenuItem icon={<PersonDeleteRegular />} onClick={() => actions.removeMember(own, userId)}>
              {contacts.removeFromGroup(own.name)}
            </MenuItem>
          )}
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <MenuItem icon={<PeopleAddRegular />}>{contacts.addToGroup}</MenuItem>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {others.map(({ id, name }) => (
                  <MenuItem key={id} onClick={() => actions.addMember(id, userId)}>
                    {name}
                  </MenuItem>
                ))}
                {others.length > 0 && <MenuDivider />}
                <MenuItem onClick={() => onNewGroup(userId)}>{contacts.newGroup} …</MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
