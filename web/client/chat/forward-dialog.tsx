import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  SearchBox,
  Text,
  tokens,
} from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { type LiveConversation, type ShownMessage, UCError, type UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { GroupAvatar, titleOf } from '#web/client/groups/group-avatar.tsx';
import { useNameOf } from '#web/client/people/person-name.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { matching } from './mention-search.ts';
import { briefly } from './plain-text.ts';

/** Typing pauses this long before the server is asked. */
const pauseMs = 150;
const most = 12;

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, minHeight: '40dvh' },
  search: { maxWidth: 'none', width: '100%' },
  quote: {
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    color: tokens.colorNeutralForeground3,
    display: 'block',
  },
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  heading: { margin: `${tokens.spacingVerticalS} 0 0`, fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
  place: { width: '100%', justifyContent: 'flex-start', fontWeight: tokens.fontWeightRegular, textAlign: 'left' },
});

export interface ForwardDialogProps {
  readonly from: LiveConversation;
  readonly message: ShownMessage;
  readonly onClose: () => void;
}

/** Asks for the person or conversation that a message is to be copied to. */
export function ForwardDialog({ from, message, onClose }: ForwardDialogProps) {
  const styles = useStyles();
  const { text } = useWords();
  const { forwarding } = text.chat;
  const { conversations, self } = useWorkspace();
  const notices = useNotices();
  const nameOf = useNameOf();
  const [query, setQuery] = useState('');
  const found = usePeople(query.trim());
  const nameOfConversation = (live: LiveConversation) => (live.log.kind === 'direct' ? nameOf(live.partner) : titleOf(live));
  const writable = conversations.list.filter(({ log }) => !log.left && (log.kind !== 'channel' || log.moderators.includes(self)));
  const places = matching(writable, query.trim(), nameOfConversation, most);
  const listed = new Set(places.flatMap(({ log, partner }) => (log.kind === 'direct' ? [partner] : [])));
  const people = found.filter((userId) => userId !== self && !listed.has(userId));

  const send = async (name: string, open: () => Promise<LiveConversation>) => {
    onClose();
    try {
      const to = await open();
      await to.forward({ conversationId: from.id, entryId: message.entryId });
      notices.done(forwarding.done(name));
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      notices.failed(forwarding.failed, error);
    }
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface aria-describedby={undefined}>
        <DialogBody>
          <DialogTitle>{forwarding.title}</DialogTitle>
          <DialogContent className={styles.content}>
            <Text size={200} className={styles.quote}>
              {briefly(message)}
            </Text>
            <SearchBox
              className={styles.search}
              aria-label={forwarding.search}
              placeholder={forwarding.search}
              value={query}
              dismiss={{ 'aria-label': text.search.clear }}
              onChange={(_, { value }) => setQuery(value)}
            />
            {places.length + people.length === 0 && query.trim() !== '' && <Text role="status">{forwarding.nothing}</Text>}
            {places.length > 0 && (
              <section>
                <h3 className={styles.heading}>{forwarding.conversations}</h3>
                <ul className={styles.list}>
                  {places.map((live) => (
                    <li key={live.id}>
                      <Button
                        appearance="subtle"
                        className={styles.place}
                        icon={
                          live.log.kind === 'direct' ? (
                            <PersonAvatar userId={live.partner} size={24} decorative />
                          ) : (
                            <GroupAvatar live={live} size={24} />
                          )
                        }
                        onClick={() => void send(nameOfConversation(live), async () => live)}
                      >
                        {nameOfConversation(live)}
                      </Button>
                    </li>
                  ))}
                </ul>
              </section>
            )}
            {people.length > 0 && (
              <section>
                <h3 className={styles.heading}>{forwarding.people}</h3>
                <ul className={styles.list}>
                  {people.map((userId) => (
                    <li key={userId}>
                      <Button
                        appearance="subtle"
                        className={styles.place}
                        icon={<PersonAvatar userId={userId} size={24} decorative />}
                        onClick={() => void send(nameOf(userId), () => conversations.open(userId))}
                      >
                        {nameOf(userId)}
                      </Button>
                    </li>
                  ))}
                </ul>
              </section>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{text.app.cancel}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

/** People of this name; none while nothing is typed, and none when the directory does not answer. */
function usePeople(query: string): readonly UserId[] {
  const { client, people } = useWorkspace();
  const [found, setFound] = useState<readonly UserId[]>([]);
  useEffect(() => {
    if (query === '') {
      setFound([]);
      return;
    }
    let over = false;
    const timer = setTimeout(async () => {
      try {
        const answer = await client.call('directory.search', { query: query.slice(0, 100), limit: most });
        if (over) return;
        people.learn(answer.people);
        setFound(answer.people.map(({ userId }) => userId));
      } catch (error) {
        if (!(error instanceof UCError)) throw error;
        if (!over) setFound([]);
      }
    }, pauseMs);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [client, people, query]);
  return found;
}
