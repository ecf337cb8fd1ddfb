import { Button, makeStyles, mergeClasses, Tooltip, tokens } from '@fluentui/react-components';
import { ArrowReplyRegular } from '@fluentui/react-icons/svg/arrow-reply';
import { EmojiAddRegular } from '@fluentui/react-icons/svg/emoji-add';
import { MoreHorizontalRegular } from '@fluentui/react-icons/svg/more-horizontal';
import type { MouseEvent, ReactElement } from 'react';
import { useWords } from '#web/ui/text.ts';
import type { MessageActs } from './message-acts.tsx';

const useStyles = makeStyles({
  bar: {
    position: 'absolute',
    top: '-22px',
    display: 'flex',
    zIndex: 1,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    boxShadow: tokens.shadow4,
  },
  // At the inner end of the frame; a frame that is narrower than this does not push it out of the page.
  left: { left: 'max(0px, 100% - 100px)' },
  right: { right: 'max(0px, 100% - 100px)' },
});

export interface MessageToolbarProps {
  readonly acts: MessageActs;
  readonly own: boolean;
  readonly onReact: (target: HTMLElement) => void;
  readonly onMenu: (target: HTMLElement) => void;
}

/** What is done most with a message, beside it while the pointer is there. */
export function MessageToolbar({ acts, own, onReact, onMenu }: MessageToolbarProps) {
  const styles = useStyles();
  const { text } = useWords();
  const button = (label: string, icon: ReactElement, act: (target: HTMLElement) => void) => (
    <Tooltip content={label} relationship="label">
      <Button
        size="small"
        appearance="subtle"
        tabIndex={-1}
        icon={icon}
        onClick={({ currentTarget }: MouseEvent<HTMLElement>) => act(currentTarget)}
      />
    </Tooltip>
  );
  return (
    <div className={mergeClasses(styles.bar, own ? styles.right : styles.left)}>
      {acts.react && button(text.chat.acts.react, <EmojiAddRegular />, onReact)}
      {acts.reply && button(text.chat.acts.reply, <ArrowReplyRegular />, () => acts.reply?.())}
      {button(text.chat.acts.menu, <MoreHorizontalRegular />, onMenu)}
    </div>
  );
}
