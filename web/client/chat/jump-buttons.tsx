import { Badge, Button, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowDownRegular } from '@fluentui/react-icons/svg/arrow-down';
import { ArrowUpRegular } from '@fluentui/react-icons/svg/arrow-up';
import { type LiveConversation, UCError } from '#web/api/index.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import type { MessageScroll } from './message-scroll.ts';

const useStyles = makeStyles({
  up: {
    position: 'absolute',
    top: tokens.spacingVerticalM,
    left: '50%',
    transform: 'translateX(-50%)',
    boxShadow: tokens.shadow8,
  },
  down: { position: 'absolute', bottom: tokens.spacingVerticalM, right: tokens.spacingHorizontalXL, boxShadow: tokens.shadow8 },
});

export interface JumpButtonsProps {
  readonly live: LiveConversation;
  readonly scroll: MessageScroll;
  /** What is new begins behind this number. */
  readonly newAfter: number | undefined;
}

/** Ways to the first message nobody has read, and to the newest. */
export function JumpButtons({ live, scroll, newAfter }: JumpButtonsProps) {
  const styles = useStyles();
  const { text } = useWords();
  const notices = useNotices();
  const { shown, log } = live;
  const { unread } = log;
  const first = shown.entries[0]?.seq ?? 0;
  const isUnreadAbove = unread > 0 && newAfter !== undefined && live.readUpTo <= newAfter && newAfter + 1 < first;
  const toUnread = async () => {
    try {
      await live.openAt((newAfter ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      notices.failed(text.chat.failed, error);
    }
  };
  return (
    <>
      {isUnreadAbove && (
        <Button className={styles.up} size="small" shape="circular" icon={<ArrowUpRegular />} onClick={() => void toUnread()}>
          {text.chat.toUnread(unread)}
        </Button>
      )}
      {!scroll.atNewest && (
        <Button
          className={styles.down}
          shape="circular"
          icon={<ArrowDownRegular />}
          onClick={scroll.toNewest}
          aria-label={unread > 0 ? text.chat.toNewest(unread) : text.chat.jumpToNewest}
        >
          {unread > 0 && <Badge appearance="filled">{unread}</Badge>}
        </Button>
      )}
    </>
  );
}
