import { Badge, Menu, MenuDivider, MenuItem, MenuList, MenuPopover, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ChatRegular } from '@fluentui/react-icons/svg/chat';
import { ContactCardRegular } from '@fluentui/react-icons/svg/contact-card';
import { PersonDeleteRegular } from '@fluentui/react-icons/svg/person-delete';
import { ShieldPersonAddRegular } from '@fluentui/react-icons/svg/shield-person-add';
import { ShieldProhibitedRegular } from '@fluentui/react-icons/svg/shield-prohibited';
import { useState } from 'react';
import type { LiveConversation, UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { go } from '#web/client/app/route.ts';
import { PersonRow, personRowHeight } from '#web/client/contacts/person-row.tsx';
import { useNameOf } from '#web/client/people/person-name.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';
import { orderedMembers } from './member-order.ts';

const useStyles = makeStyles({
  role: { flexShrink: 0 },
  row: { display: 'flex', alignItems: 'center', width: '100%', minWidth: 0, paddingRight: tokens.spacingHorizontalS },
  nobody: { display: 'block', padding: tokens.spacingHorizontalS, color: tokens.colorNeutralForeground3 },
});

export interface MemberListProps {
  readonly live: LiveConversation;
  /** Shows only members whose name holds it; empty: all. */
  readonly filter: string;
  /** The reader may change who is in it. */
  readonly moderates: boolean;
}

/** Those who are in a group: moderators first, then by name. */
export function MemberList({ live, filter, moderates }: MemberListProps) {
  const styles = useStyles();
  const { text, format } = useWords();
  const { self } = useWorkspace();
  const nameOf = useNameOf();
  const [menu, setMenu] = useState<{ readonly userId: UserId; readonly target: HTMLElement }>();
  const { members, moderators } = live.log;
  const shown = orderedMembers({ members, moderators, filter, nameOf, compare: (one, other) => format.compare(one, other) });
  if (shown.length === 0) return <Text className={styles.nobody}>{filter === '' ? '' : text.groups.nobodyFound}</Text>;
  const openMenu = (index: number, target: HTMLElement) => {
    const userId = shown[index];
    if (userId !== undefined && userId !== self) setMenu({ userId, target });
  };
  return (
    <>
      <VirtualList
        role="listbox"
        label={text.groups.members}
        count={shown.length}
        row={(index) => ({ key: shown[index] ?? '', height: personRowHeight })}
        render={(index) => {
          const userId = shown[index];
          return (
            userId && (
              <div className={styles.row}>
                <PersonRow userId={userId} />
                {moderators.includes(userId) && (
                  <Badge appearance="tint" className={styles.role}>
                    {text.groups.moderator}
                  </Badge>
                )}
              </div>
            )
          );
        }}
        onActivate={openMenu}
        onMenu={openMenu}
      />
      {menu && <MemberMenu live={live} {...menu} moderates={moderates} onClose={() => setMenu(undefined)} />}
    </>
  );
}

interface MemberMenuProps {
  readonly live: LiveConversation;
  readonly userId: UserId;
  readonly target: HTMLElement;
  readonly moderates: boolean;
  readonly onClose: () => void;
}

/** What can be done with a member. */
function MemberMenu({ live, userId, target, moderates, onClose }: MemberMenuProps) {
  const { text } = useWords();
  const nameOf = useNameOf();
  const notices = useNotices();
  const { groups, contacts } = text;
  const isModerator = live.log.moderators.includes(userId);
  const act = (doing: Promise<void>, done?: string) =>
    void doing.then(
      () => done !== undefined && notices.undoable(done, () => act(live.addMembers([userId]))),
      (error: unknown) => notices.failed(groups.actionsFailed, error),
    );
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
          {moderates && (
            <>
              <MenuDivider />
              <MenuItem
                icon={isModerator ? <ShieldProhibitedRegular /> : <ShieldPersonAddRegular />}
                onClick={() => act(live.setRole(userId, isModerator ? 'member' : 'moderator'))}
              >
                {isModerator ? groups.makeMember : groups.makeModerator}
              </MenuItem>
              <MenuItem
                icon={<PersonDeleteRegular />}
                onClick={() => act(live.removeMembers([userId]), groups.removed(nameOf(userId)))}
              >
                {groups.remove}
              </MenuItem>
            </>
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
