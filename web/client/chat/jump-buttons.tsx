import { Badge, Button, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowDownRegular } from '@fluentui/react-icons/svg/arrow-down';
import { ArrowUpRegular } from '@fluentui/react-icons/svg/arrow-up';
import { type LiveConversation, UCError } from '#web/api/index.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import type { MessageScroll } from './message-scroll.ts';
import type { News } from './reading.ts';

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
  /** What is new, while the place where it begins is not held. */
  readonly unreached: News | undefined;
}

/** Ways to the first message that was not read, and to the newest. */
export function JumpButtons({ live, scroll, unreached }: JumpButtonsProps) {
  const styles = useStyles();
  const { text } = useWords();
  const notices = useNotices();
  const { unread } = live.log;
  const toFirst = async ({ after }: News) => {
    try {
      await live.openAt(after + 1);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      notices.failed(text.chat.failed, error);
    }
  };
  return (
    <>
      {unreached !== undefined && unreached.count > 0 && (
        <Button
          className={styles.up}
          size="small"
          shape="circular"
          icon={<ArrowUpRegular />}
          onClick={() => void toFirst(unreached)}
        >
          {text.chat.toUnread(unreached.count)}
        </Button>
      )}
      {scroll.atNewest === false && (
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
