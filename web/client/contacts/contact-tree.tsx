import { Button, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components';
import { ChevronDownRegular } from '@fluentui/react-icons/svg/chevron-down';
import { ChevronRightRegular } from '@fluentui/react-icons/svg/chevron-right';
import { PeopleAddRegular } from '@fluentui/react-icons/svg/people-add';
import { useEffect, useMemo, useReducer, useState } from 'react';
import type { GroupId, UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { go, useRoute } from '#web/client/app/route.ts';
import { useShell } from '#web/client/app/shell.ts';
import { Failed, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';
import { useContactActions } from './contact-actions.ts';
import { type ContactRow, contactRows, type Section } from './contact-rows.ts';
import { GroupDialog } from './group-dialog.tsx';
import { GroupMenu } from './group-menu.tsx';
import { PeoplePages } from './people-pages.ts';
import { PersonMenu } from './person-menu.tsx';
import { PersonRow, personRowHeight } from './person-row.tsx';

const sectionHeight = 36;
const hintHeight = 44;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  list: { flexGrow: 1, minHeight: 0 },
  section: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalXS, width: '100%', minWidth: 0 },
  label: { flexGrow: 1, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  count: { color: tokens.colorNeutralForeground3, paddingInlineEnd: tokens.spacingHorizontalS },
  hint: { color: tokens.colorNeutralForeground3, paddingInline: tokens.spacingHorizontalM, textWrap: 'balance' },
  tools: { display: 'flex', justifyContent: 'flex-end', padding: `0 ${tokens.spacingHorizontalS}` },
});

type OpenMenu =
  | { readonly kind: 'person'; readonly userId: UserId; readonly section: Section; readonly target: HTMLElement }
  | { readonly kind: 'group'; readonly section: Section; readonly target: HTMLElement };

type OpenDialog =
  | { readonly kind: 'new'; readonly members: readonly UserId[] }
  | { readonly kind: 'rename'; readonly section: Section };

/** Favourites, own groups, departments and everybody, in one list. */
export function ContactTree() {
  const styles = useStyles();
  const { text } = useWords();
  const { contacts, groups } = useWorkspace();
  const { preferences } = useShell();
  const { collapsed } = useStore(preferences);
  const route = useRoute();
  const actions = useContactActions();
  const list = useStore(contacts.store);
  const departments = useStore(groups);
  const pages = usePages();
  const [menu, setMenu] = useState<OpenMenu>();
  const [dialog, setDialog] = useState<OpenDialog>();

  const turned = useMemo(() => new Set(collapsed), [collapsed]);
  const rows =
    list === undefined || list === 'failed'
      ? []
      : contactRows({
          contacts: list,
          departments: departments === 'failed' ? [] : (departments ?? []),
          turned,
          pageOf: (groupId) => pages.of(groupId)?.store.value,
          labels: text.contacts,
        });
  useEffect(() => pages.fill(rows));

  if (list === undefined) return <Loading />;
  if (list === 'failed') return <Failed title={text.contacts.failed} />;

  const shown = 'userId' in route ? rows.findIndex((row) => row.kind === 'person' && row.userId === route.userId) : -1;

  const turn = ({ id }: Section) => {
    const next = turned.has(id) ? collapsed.filter((each) => each !== id) : [...collapsed, id];
    preferences.set({ ...preferences.value, collapsed: next });
  };
  const activate = (index: number) => {
    const row = rows[index];
    if (row?.kind === 'section') turn(row.section);
    else if (row?.kind === 'person') go({ view: 'chat', userId: row.userId });
    else if (row?.kind === 'hint' && row.hint === 'failed') pages.retry();
  };

  return (
    <div className={styles.root}>
      <div className={styles.tools}>
        <Button
          size="small"
          appearance="subtle"
          icon={<PeopleAddRegular />}
          onClick={() => setDialog({ kind: 'new', members: [] })}
        >
          {text.contacts.newGroup}
        </Button>
      </div>
      <div className={styles.list}>
        <VirtualList
          role="tree"
          label={text.app.contacts}
          count={rows.length}
          selected={shown < 0 ? undefined : shown}
          row={(index) => shapeOf(rows[index])}
          render={(index) => <Row row={rows[index]} />}
          onActivate={activate}
          onTurn={(index, open) => {
            const section = sectionOf(rows[index]);
            if (section && section.open !== open) turn(section);
          }}
          onMenu={(index, target) => {
            const row = rows[index];
            if (row?.kind === 'person') setMenu({ kind: 'person', userId: row.userId, section: row.section, target });
            else if (row?.kind === 'section' && row.section.kind === 'own')
              setMenu({ kind: 'group', section: row.section, target });
          }}
          onEnd={() => pages.more(rows)}
        />
      </div>
      {menu?.kind === 'person' && (
        <PersonMenu
          userId={menu.userId}
          target={menu.target}
          groupId={menu.section.kind === 'own' ? menu.section.groupId : undefined}
          asFavourite={menu.section.kind === 'favourites'}
          onClose={() => setMenu(undefined)}
          onNewGroup={(userId) => setDialog({ kind: 'new', members: [userId] })}
        />
      )}
      {menu?.kind === 'group' && (
        <GroupMenu
          target={menu.target}
          onClose={() => setMenu(undefined)}
          onRename={() => setDialog({ kind: 'rename', section: menu.section })}
          onDelete={() => {
            const group = actions.groups.find(({ id }) => id === menu.section.groupId);
            if (group) actions.deleteGroup(group);
          }}
        />
      )}
      {dialog?.kind === 'new' && (
        <GroupDialog
          title={text.contacts.createGroup}
          onSave={(name) => actions.createGroup(name, dialog.members)}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog?.kind === 'rename' && (
        <GroupDialog
          title={text.contacts.renameGroup}
          name={dialog.section.label}
          onSave={(name) => actions.renameGroup(dialog.section.groupId ?? '', name)}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  );
}

function Row({ row }: { readonly row: ContactRow | undefined }) {
  const styles = useStyles();
  const { text } = useWords();
  if (row?.kind === 'person') return <PersonRow userId={row.userId} />;
  if (row?.kind === 'section') {
    const { label, count, open } = row.section;
    return (
      <div className={styles.section}>
        {open ? <ChevronDownRegular aria-hidden /> : <ChevronRightRegular aria-hidden />}
        <Text weight="semibold" size={200} className={styles.label}>
          {label}
        </Text>
        {count !== undefined && (
          <Text size={200} className={styles.count}>
            {count}
          </Text>
        )}
      </div>
    );
  }
  if (row?.hint === 'loading') return <Spinner size="tiny" label={text.app.loading} />;
  return (
    <Text size={200} className={styles.hint}>
      {row?.hint === 'failed' ? `${text.contacts.failed} ${text.app.retry}` : row && text.contacts[row.hint]}
    </Text>
  );
}

function shapeOf(row: ContactRow | undefined) {
  if (row?.kind === 'section') return { key: row.key, height: sectionHeight, level: 1, 'aria-expanded': row.section.open };
  if (row?.kind === 'person') return { key: row.key, height: personRowHeight, level: 2 };
  return { key: row?.key ?? '', height: hintHeight, level: 2, passive: row?.hint !== 'failed' };
}

function sectionOf(row: ContactRow | undefined): Section | undefined {
  return row && 'section' in row ? row.section : undefined;
}

/** The pages of departments and of everybody, read as the list comes to them. */
function usePages() {
  const { client, people, groups } = useWorkspace();
  const known = useStore(groups);
  const [, changed] = useReducer((count: number) => count + 1, 0);
  const [byGroup] = useState(() => new Map<GroupId | undefined, PeoplePages>());
  const pagesOf = (groupId: GroupId | undefined): PeoplePages => {
    let pages = byGroup.get(groupId);
    if (!pages) {
      pages = new PeoplePages(client, people, groupId);
      pages.store.on(changed);
      byGroup.set(groupId, pages);
    }
    return pages;
  };
  useEffect(() => {
    // Another list of departments may hold other people.
    if (known !== undefined) changed();
  }, [known]);
  return {
    of: (groupId: GroupId | undefined) => byGroup.get(groupId),
    /** Reads the whole of every open department. */
    fill(rows: readonly ContactRow[]) {
      for (const row of rows) {
        if (row.kind !== 'section' || !row.section.open || row.section.kind !== 'department') continue;
        const pages = pagesOf(row.section.groupId as GroupId);
        if (pages.store.value.state === 'idle') void pages.loadMore();
      }
    },
    /** Reads on where the list ends. */
    more(rows: readonly ContactRow[]) {
      const everybody = rows.some((row) => row.kind === 'section' && row.section.kind === 'everybody' && row.section.open);
      if (everybody && pagesOf(undefined).store.value.state === 'idle') void pagesOf(undefined).loadMore();
    },
    retry() {
      for (const pages of byGroup.values()) if (pages.store.value.state === 'failed') void pages.loadMore();
    },
  };
}
