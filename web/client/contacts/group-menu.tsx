import { Menu, MenuItem, MenuList, MenuPopover } from '@fluentui/react-components';
import { DeleteRegular } from '@fluentui/react-icons/svg/delete';
import { RenameRegular } from '@fluentui/react-icons/svg/rename';
import { useWords } from '#web/ui/text.ts';

export interface GroupMenuProps {
  readonly target: HTMLElement;
  readonly onClose: () => void;
  readonly onRename: () => void;
  readonly onDelete: () => void;
}

/** What can be done with an own group. */
export function GroupMenu({ target, onClose, onRename, onDelete }: GroupMenuProps) {
  const { text } = useWords();
  return (
    <Menu open onOpenChange={(_, { open }) => !open && onClose()} positioning={{ target, position: 'below', align: 'start' }}>
      <MenuPopover>
        <MenuList>
          <MenuItem icon={<RenameRegular />} onClick={onRename}>
            {text.contacts.renameGroup}
          </MenuItem>
          <MenuItem icon={<DeleteRegular />} onClick={onDelete}>
            {text.contacts.deleteGroup}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
