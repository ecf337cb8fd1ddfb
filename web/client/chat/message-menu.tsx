import { Menu, MenuDivider, MenuItem, MenuList, MenuPopover } from '@fluentui/react-components';
import { ArrowForwardRegular } from '@fluentui/react-icons/svg/arrow-forward';
import { ArrowReplyRegular } from '@fluentui/react-icons/svg/arrow-reply';
import { CopyRegular } from '@fluentui/react-icons/svg/copy';
import { DeleteRegular } from '@fluentui/react-icons/svg/delete';
import { EditRegular } from '@fluentui/react-icons/svg/edit';
import { EmojiAddRegular } from '@fluentui/react-icons/svg/emoji-add';
import { InfoRegular } from '@fluentui/react-icons/svg/info';
import type { ReactElement } from 'react';
import { useWords } from '#web/ui/text.ts';
import type { MessageActs } from './message-acts.tsx';
import type { OverlayTarget } from './overlay-target.ts';

export interface MessageMenuProps {
  readonly acts: MessageActs;
  readonly target: OverlayTarget;
  /** Opens the choice of emojis. */
  readonly onReact: () => void;
  readonly onClose: () => void;
}

/** What can be done with one message. */
export function MessageMenu({ acts, target, onReact, onClose }: MessageMenuProps) {
  const { text } = useWords();
  const words = text.chat.acts;
  const item = (label: string, icon: ReactElement, act: (() => void) | undefined) =>
    act && (
      <MenuItem icon={icon} onClick={act}>
        {label}
      </MenuItem>
    );
  return (
    <Menu open onOpenChange={(_, { open }) => !open && onClose()} positioning={{ target, position: 'below', align: 'start' }}>
      <MenuPopover>
        <MenuList aria-label={words.menu}>
          {item(words.reply, <ArrowReplyRegular />, acts.reply)}
          {item(words.react, <EmojiAddRegular />, acts.react && onReact)}
          {item(words.edit, <EditRegular />, acts.edit)}
          {item(words.forward, <ArrowForwardRegular />, acts.forward)}
          {item(words.copy, <CopyRegular />, acts.copy)}
          {item(words.details, <InfoRegular />, acts.details)}
          {acts.remove && <MenuDivider />}
          {item(words.delete, <DeleteRegular />, acts.remove)}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
