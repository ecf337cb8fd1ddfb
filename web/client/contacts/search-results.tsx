import { makeStyles } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons/svg/search';
import { useEffect, useState } from 'react';
import { UCError, type UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { go } from '#web/client/app/route.ts';
import { Empty, Failed, Loading } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';
import { useContactActions } from './contact-actions.ts';
import { GroupDialog } from './group-dialog.tsx';
import { PersonMenu } from './person-menu.tsx';
import { PersonRow, personRowHeight } from './person-row.tsx';

/** Typing pauses this long before the server is asked. */
const pauseMs = 150;
const most = 50;

const useStyles = makeStyles({
  root: { height: '100%', minHeight: 0 },
  hidden: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
});

type Found = { readonly query: string; readonly userIds: readonly UserId[] | 'failed' };

/** People who match what is being typed. */
export function SearchResults({ query, onDone }: { readonly query: string; readonly onDone: () => void }) {
  const styles = useStyles();
  const { text } = useWords();
  const { client, people } = useWorkspace();
  const actions = useContactActions();
  const [found, setFound] = useState<Found>();
  const [tries, setTries] = useState(0);
  const [menu, setMenu] = useState<{ readonly userId: UserId; readonly target: HTMLElement }>();
  const [grouping, setGrouping] = useState<UserId>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another try asks for the same query again.
  useEffect(() => {
    let over = false;
    const timer = setTimeout(async () => {
      try {
        const answer = await client.call('directory.search', { query: query.slice(0, 100), limit: most });
        if (over) return;
        people.learn(answer.people);
        setFound({ query, userIds: answer.people.map(({ userId }) => userId) });
      } catch (error) {
        if (!(error instanceof UCError)) throw error;
        if (!over) setFound({ query, userIds: 'failed' });
      }
    }, pauseMs);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [client, people, query, tries]);

  if (!found) return <Loading />;
  const { userIds } = found;
  if (userIds === 'failed') return <Failed title={text.search.failed} onRetry={() => setTries((count) => count + 1)} />;
  return (
    <div className={styles.root}>
      <div className={styles.hidden} role="status">
        {text.search.results(userIds.length)}
      </div>
      {userIds.length === 0 ? (
        <Empty icon={<SearchRegular />} title={text.search.nothing(found.query)} hint={text.search.nothingHint} />
      ) : (
        <VirtualList
          role="listbox"
          label={text.search.results(userIds.length)}
          count={userIds.length}
          row={(index) => ({ key: userIds[index] ?? '', height: personRowHeight })}
          render={(index) => {
            const userId = userIds[index];
            return userId && <PersonRow userId={userId} department favourite={actions.isFavourite(userId)} />;
          }}
          onActivate={(index) => {
            const userId = userIds[index];
            if (!userId) return;
            go({ view: 'chat', userId });
            onDone();
          }}
          onMenu={(index, target) => {
            const userId = userIds[index];
            if (userId) setMenu({ userId, target });
          }}
        />
      )}
      {menu && (
        <PersonMenu userId={menu.userId} target={menu.target} onClose={() => setMenu(undefined)} onNewGroup={setGrouping} />
      )}
      {grouping && (
        <GroupDialog
          title={text.contacts.createGroup}
          onSave={(name) => actions.createGroup(name, [grouping])}
          onClose={() => setGrouping(undefined)}
        />
      )}
    </div>
  );
}
