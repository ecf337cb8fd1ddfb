import {
  Button,
  makeStyles,
  Popover,
  type PopoverProps,
  PopoverSurface,
  Text,
  Tooltip,
  tokens,
} from '@fluentui/react-components';
import { type KeyboardEvent, useRef } from 'react';
import { useShell } from '#web/client/app/shell.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { emojiName, offeredEmojis, withRecentEmoji } from './emojis.ts';
import type { OverlayTarget } from './overlay-target.ts';

const columns = 6;

const useStyles = makeStyles({
  surface: { padding: tokens.spacingHorizontalM },
  heading: { display: 'block', color: tokens.colorNeutralForeground3, marginBlock: tokens.spacingVerticalXS },
  grid: { display: 'grid', gridTemplateColumns: `repeat(${columns}, 36px)` },
  emoji: { minWidth: '36px', width: '36px', height: '36px', padding: 0, fontSize: '20px' },
});

export interface EmojiPickerProps {
  /** What it belongs to. */
  readonly target: OverlayTarget;
  readonly onChoose: (emoji: string) => void;
  readonly onClose: () => void;
}

/** A small choice of emojis, those used lately first. Arrow keys move, Enter chooses. */
export function EmojiPicker({ target, onChoose, onClose }: EmojiPickerProps) {
  const styles = useStyles();
  const { text, language } = useWords();
  const { preferences } = useShell();
  const { emojis: recent } = useStore(preferences);
  const box = useRef<HTMLDivElement>(null);
  const choose = (emoji: string) => {
    preferences.set({ ...preferences.value, emojis: withRecentEmoji(recent, emoji) });
    onChoose(emoji);
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(box.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
  };
  const grid = (emojis: readonly string[]) => (
    <div className={styles.grid}>
      {emojis.map((emoji) => (
        <Tooltip key={emoji} content={emojiName(emoji, language)} relationship="label">
          <Button appearance="subtle" className={styles.emoji} onClick={() => choose(emoji)}>
            {emoji}
          </Button>
        </Tooltip>
      ))}
    </div>
  );
  const onOpenChange: PopoverProps['onOpenChange'] = (_, { open }) => !open && onClose();
  return (
    <Popover open onOpenChange={onOpenChange} trapFocus positioning={{ target, position: 'above', align: 'start' }}>
      <PopoverSurface className={styles.surface} aria-label={text.chat.reactions.choose}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside take the focus; arrow keys move among them. */}
        <div ref={box} onKeyDown={onKeyDown}>
          {recent.length > 0 && (
            <>
              <Text size={200} className={styles.heading}>
                {text.chat.reactions.recent}
              </Text>
              {grid(recent)}
            </>
          )}
          <Text size={200} className={styles.heading}>
            {text.chat.reactions.all}
          </Text>
          {grid(offeredEmojis.map(({ emoji }) => emoji))}
        </div>
      </PopoverSurface>
    </Popover>
  );
}
