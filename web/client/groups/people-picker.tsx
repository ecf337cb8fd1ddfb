import { Badge, Menu, MenuItem, MenuList, MenuPopover, makeStyles, Text, tokens } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss';
import { ShieldPersonAddRegular } from '@fluentui/react-icons/svg/shield-person-add';
import { ShieldProhibitedRegular } from '@fluentui/react-icons/svg/shield-prohibited';
import { useState } from 'react';
import type { UserId } from '#web/api/index.ts';
import { PersonRow, personRowHeight } from '#web/client/contacts/person-row.tsx';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';
import { type ChosenPerson, withModerator, withoutPerson, withPeople } from './chosen-people.ts';
import { PeopleSearch } from './people-search.tsx';

/** Rows of chosen people in sight at once. */
const rowsInSight = 3;

const useStyles = makeStyles({
  role: { flexShrink: 0 },
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  row: { display: 'flex', alignItems: 'center', width: '100%', minWidth: 0, paddingRight: tokens.spacingHorizontalS },
  list: { border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusMedium },
  count: { color: tokens.colorNeutralForeground3 },
});

export interface PeoplePickerProps {
  readonly chosen: readonly ChosenPerson[];
  readonly onChange: (chosen: readonly ChosenPerson[]) => void;
  /** Those who are in it already, and oneself. */
  readonly present: readonly UserId[];
  readonly error?: string | undefined;
}

/** Chooses people, and which of them moderate. */
export function PeoplePicker({ chosen, onChange, present, error }: PeoplePickerProps) {
  const styles = useStyles();
  const { text } = useWords();
  const [menu, setMenu] = useState<{ readonly person: ChosenPerson; readonly target: HTMLElement }>();
  const taken = new Set([...present, ...chosen.map(({ userId }) => userId)]);
  const openMenu = (index: number, target: HTMLElement) => {
    const person = chosen[index];
    if (person) setMenu({ person, target });
  };
  const { groups } = text;
  return (
    <div className={styles.root}>
      <PeopleSearch taken={taken} error={error} onChoose={(userIds) => onChange(withPeople(chosen, userIds))} />
      {chosen.length > 0 && (
        <>
          <Text size={200} className={styles.count} role="status">
            {groups.chosen(chosen.length)}. {groups.chosenActions}
          </Text>
          <div className={styles.list} style={{ height: Math.min(chosen.length, rowsInSight) * personRowHeight }}>
            <VirtualList
              role="listbox"
              label={groups.chosen(chosen.length)}
              count={chosen.length}
              row={(index) => ({ key: chosen[index]?.userId ?? '', height: personRowHeight })}
              render={(index) => {
                const person = chosen[index];
                return (
                  person && (
                    <div className={styles.row}>
                      <PersonRow userId={person.userId} department />
                      {person.moderator && (
                        <Badge appearance="tint" className={styles.role}>
                          {groups.moderator}
                        </Badge>
                      )}
                    </div>
                  )
                );
              }}
              onActivate={openMenu}
              onMenu={openMenu}
            />
          </div>
        </>
      )}
      {menu && (
        <Menu
          open
          onOpenChange={(_, { open }) => !open && setMenu(undefined)}
          positioning={{ target: menu.target, position: 'below', align: 'start' }}
        >
          <MenuPopover>
            <MenuList>
              <MenuItem
                icon={menu.person.moderator ? <ShieldProhibitedRegular /> : <ShieldPersonAddRegular />}
                onClick={() => onChange(withModerator(chosen, menu.person.userId, !menu.person.moderator))}
              >
                {menu.person.moderator ? groups.makeMember : groups.makeModerator}
              </MenuItem>
              <MenuItem icon={<DismissRegular />} onClick={() => onChange(withoutPerson(chosen, menu.person.userId))}>
                {groups.remove}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
    </div>
  );
}
