import { makeStyles, tokens } from '@fluentui/react-components';
import { type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { EmojiPicker } from './emoji-picker.tsx';
import type { MessageActs } from './message-acts.tsx';
import { MessageMenu } from './message-menu.tsx';
import { MessageToolbar } from './message-toolbar.tsx';
import { type OverlayTarget, pointTarget } from './overlay-target.ts';

/** A finger rests this long on a message before its menu opens. */
const longPressMs = 500;
/** A finger that moves this far scrolls. */
const movedPx = 10;

const useStyles = makeStyles({
  item: {
    position: 'relative',
    borderRadius: tokens.borderRadiusLarge,
    outlineStyle: 'none',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '2px' },
    WebkitTouchCallout: 'none',
  },
});

export interface MessageItemProps {
  readonly label: string;
  readonly own: boolean;
  readonly acts: MessageActs;
  /** The message, with the toolbar where it belongs. */
  readonly children: (toolbar: ReactNode) => ReactNode;
}

type Overlay = { readonly what: 'menu' | 'emojis'; readonly target: OverlayTarget };

/**
 * A message one can do something with: by the toolbar that comes with the pointer, the context menu, a long press, or the keys
 * Enter and Menu while it has the focus.
 */
export function MessageItem({ label, own, acts, children }: MessageItemProps) {
  const styles = useStyles();
  const item = useRef<HTMLElement>(null);
  const [hovered, setHovered] = useState(false);
  const [overlay, setOverlay] = useState<Overlay>();
  const press = useLongPress((x, y) => setOverlay({ what: 'menu', target: pointTarget(x, y) }));
  const hasActs = Object.values(acts).some((act) => act !== undefined);
  const open = (what: Overlay['what'], target: OverlayTarget | null = item.current) => {
    if (target !== null && hasActs) setOverlay({ what, target });
  };
  const close = () => {
    setOverlay(undefined);
    setHovered(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== item.current) return;
    const isMenu = event.key === 'Enter' || event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
    if (!isMenu) return;
    event.preventDefault();
    open('menu');
  };
  const onContextMenu = (event: MouseEvent) => {
    // A link, and text that was selected, have a menu of their own.
    const isOnLink = event.target instanceof Element && event.target.closest('a') !== null;
    if (isOnLink || getSelection()?.isCollapsed === false) return;
    event.preventDefault();
    open('menu', pointTarget(event.clientX, event.clientY));
  };
  const showToolbar = hasActs && (hovered || overlay !== undefined);
  return (
    <article
      ref={item}
      className={styles.item}
      aria-label={label}
      tabIndex={-1}
      data-item
      onKeyDown={onKeyDown}
      onContextMenu={onContextMenu}
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      {...press}
    >
      {children(
        showToolbar && (
          <MessageToolbar
            acts={acts}
            own={own}
            onReact={(target) => open('emojis', target)}
            onMenu={(target) => open('menu', target)}
          />
        ),
      )}
      {overlay?.what === 'menu' && (
        <MessageMenu
          acts={acts}
          target={overlay.target}
          onClose={close}
          onReact={() => setOverlay({ ...overlay, what: 'emojis' })}
        />
      )}
      {overlay?.what === 'emojis' && acts.react && (
        <EmojiPicker target={overlay.target} onClose={close} onChoose={(emoji) => acts.react?.(emoji, true)} />
      )}
    </article>
  );
}

/** Hears of a finger that rests where it was put down. */
function useLongPress(act: (x: number, y: number) => void) {
  const pressed = useRef<{ readonly x: number; readonly y: number; readonly timer: ReturnType<typeof setTimeout> }>(undefined);
  const end = () => {
    clearTimeout(pressed.current?.timer);
    pressed.current = undefined;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end of the message ends its press.
  useEffect(() => end, []);
  return {
    onPointerDown: ({ pointerType, clientX: x, clientY: y }: PointerEvent) => {
      if (pointerType !== 'touch') return;
      end();
      pressed.current = { x, y, timer: setTimeout(() => act(x, y), longPressMs) };
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent) => {
      const from = pressed.current;
      if (from !== undefined && Math.hypot(clientX - from.x, clientY - from.y) > movedPx) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
