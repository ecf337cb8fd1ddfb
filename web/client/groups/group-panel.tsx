import { Button, Input, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { ArrowExitRegular } from '@fluentui/react-icons/svg/arrow-exit';
import { ArrowLeftRegular } from '@fluentui/react-icons/svg/arrow-left';
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss';
import { PeopleAddRegular } from '@fluentui/react-icons/svg/people-add';
import { RenameRegular } from '@fluentui/react-icons/svg/rename';
import { SearchRegular } from '@fluentui/react-icons/svg/search';
import { useEffect, useState } from 'react';
import { type ConversationId, type LiveConversation, UCError } from '#web/api/index.ts';
import { useConversationChanges, useWorkspace } from '#web/client/app/hooks.ts';
import { goBack } from '#web/client/app/route.ts';
import { GroupDialog } from '#web/client/contacts/group-dialog.tsx';
import { useNotices } from '#web/ui/notices.tsx';
import { Failed, Loading } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';
import { AddPeopleDialog } from './add-people-dialog.tsx';
import { GroupAvatar, titleOf } from './group-avatar.tsx';
import { LeaveDialog } from './leave-dialog.tsx';
import { MemberList } from './member-list.tsx';

/** Fewer members are seen at a glance. */
const filterFrom = 10;

const useStyles = makeStyles({
  root: {
    height: '100%',
    minHeight: 0,
    boxSizing: 'border-box',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  bar: { display: 'flex', justifyContent: 'flex-end' },
  barBack: { justifyContent: 'flex-start' },
  head: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM, minWidth: 0 },
  name: {
    margin: 0,
    minWidth: 0,
    fontSize: tokens.fontSizeBase400,
    lineHeight: tokens.lineHeightBase400,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  acts: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS },
  list: { flexGrow: 1, minHeight: 0, marginInline: `calc(-1 * ${tokens.spacingHorizontalS})` },
});

export interface GroupPanelProps {
  readonly conversationId: ConversationId;
  /** `beside` the messages, or `alone` on the page. */
  readonly place: 'beside' | 'alone';
  readonly onClose?: () => void;
}

/** What a group is and who is in it, with what its reader may change of that. */
export function GroupPanel({ conversationId, place, onClose }: GroupPanelProps) {
  const styles = useStyles();
  const { text } = useWords();
  const { live, failure } = useGroup(conversationId);
  return (
    <section className={styles.root} aria-label={text.groups.members}>
      <div className={mergeClasses(styles.bar, place === 'alone' && styles.barBack)}>
        {place === 'alone' ? (
          <Button appearance="subtle" icon={<ArrowLeftRegular />} aria-label={text.app.back} onClick={goBack} />
        ) : (
          <Button appearance="subtle" icon={<DismissRegular />} aria-label={text.groups.hideMembers} onClick={onClose} />
        )}
      </div>
      {live ? <Group live={live} place={place} /> : failure ? <Failed title={text.chat.notFound} /> : <Loading />}
    </section>
  );
}

function Group({ live, place }: { readonly live: LiveConversation; readonly place: GroupPanelProps['place'] }) {
  const styles = useStyles();
  const { text } = useWords();
  const { self } = useWorkspace();
  const notices = useNotices();
  const [filter, setFilter] = useState('');
  const [dialog, setDialog] = useState<'add' | 'rename' | 'leave'>();
  const { kind, members, moderators, left } = live.log;
  const { groups } = text;
  const closeDialog = () => setDialog(undefined);
  const moderates = !left && moderators.includes(self);
  const Heading = place === 'alone' ? 'h1' : 'h2';
  const rename = (name: string) => void live.rename(name).catch((error: unknown) => notices.failed(groups.actionsFailed, error));
  return (
    <>
      <div className={styles.head}>
        <GroupAvatar live={live} size={48} />
        <div>
          <Heading className={styles.name}>{titleOf(live)}</Heading>
          <Text size={200} className={styles.quiet}>
            {left ? groups.left : groups.memberCount(members.length)}
          </Text>
        </div>
      </div>
      {kind === 'department' && <Text size={200}>{groups.followsDepartment}</Text>}
      {kind !== 'department' && !left && (
        <div className={styles.acts}>
          {moderates && (
            <>
              <Button size="small" icon={<PeopleAddRegular />} onClick={() => setDialog('add')}>
                {groups.add}
              </Button>
              <Button size="small" icon={<RenameRegular />} onClick={() => setDialog('rename')}>
                {groups.rename}
              </Button>
            </>
          )}
          <Button size="small" icon={<ArrowExitRegular />} onClick={() => setDialog('leave')}>
            {groups.leave}
          </Button>
        </div>
      )}
      {members.length >= filterFrom && (
        <Input
          value={filter}
          aria-label={groups.filter}
          placeholder={groups.filter}
          contentBefore={<SearchRegular />}
          onChange={(_, { value }) => setFilter(value)}
        />
      )}
      <div className={styles.list}>
        <MemberList live={live} filter={members.length >= filterFrom ? filter : ''} moderates={moderates} />
      </div>
      {dialog === 'add' && <AddPeopleDialog live={live} onClose={closeDialog} />}
      {dialog === 'rename' && <GroupDialog title={groups.rename} name={titleOf(live)} onSave={rename} onClose={closeDialog} />}
      {dialog === 'leave' && <LeaveDialog live={live} onClose={closeDialog} />}
    </>
  );
}

/** The conversation, asked for when it is not here yet. */
function useGroup(conversationId: ConversationId) {
  const { conversations } = useWorkspace();
  const [failure, setFailure] = useState<UCError>();
  useConversationChanges();
  useEffect(() => {
    conversations.find(conversationId).catch((error: unknown) => {
      if (!(error instanceof UCError)) throw error;
      setFailure(error);
    });
  }, [conversations, conversationId]);
  return { live: conversations.get(conversationId), failure };
}
