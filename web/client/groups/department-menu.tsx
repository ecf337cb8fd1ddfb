import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components';
import { BuildingPeopleRegular } from '@fluentui/react-icons/svg/building-people';
import type { GroupId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { go, routeTo } from '#web/client/app/route.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';

/** The groups of the departments one belongs to; nothing for somebody who belongs to none. */
export function DepartmentMenu() {
  const { text } = useWords();
  const { conversations, groups } = useWorkspace();
  const notices = useNotices();
  const known = useStore(groups);
  const own = known && known !== 'failed' ? known.filter((group) => group.own) : [];
  if (own.length === 0) return null;
  const open = (groupId: GroupId) =>
    conversations.openDepartment(groupId).then(
      (live) => go(routeTo(live)),
      (error: unknown) => notices.failed(text.groups.failed, error),
    );
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Tooltip content={text.groups.ofDepartments} relationship="label">
          <Button size="small" appearance="subtle" icon={<BuildingPeopleRegular />} />
        </Tooltip>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {own.map(({ groupId, name }) => (
            <MenuItem key={groupId} onClick={() => void open(groupId)}>
              {text.groups.ofDepartment(name)}
            </MenuItem>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
