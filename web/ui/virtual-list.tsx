import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import {
  type AriaAttributes,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';

const useStyles = makeStyles({
  scroller: {
    height: '100%',
    overflowY: 'auto',
    overflowX: 'hidden',
    contain: 'strict',
    outlineStyle: 'none',
  },
  inner: { position: 'relative', width: '100%' },
  row: { position: 'absolute', top: 0, left: 0, right: 0, paddingInline: tokens.spacingHorizontalS },
  body: {
    display: 'flex',
    alignItems: 'center',
    height: '100%',
    boxSizing: 'border-box',
    borderRadius: tokens.borderRadiusLarge,
    border: '2px solid transparent',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    // Forced colours would draw every transparent border.
    '@media (forced-colors: active)': { border: '2px solid Canvas' },
  },
  selected: {
    backgroundColor: tokens.colorSubtleBackgroundSelected,
    '@media (forced-colors: active)': { border: '2px solid Highlight' },
  },
  plain: { cursor: 'default', ':hover': { backgroundColor: 'transparent' } },
  focused: {
    border: `2px solid ${tokens.colorStrokeFocus2}`,
    '@media (forced-colors: active)': { border: '2px dashed Highlight' },
  },
});

export interface RowShape extends AriaAttributes {
  readonly key: string;
  readonly height: number;
  /** A row that is only there to be read. */
  readonly passive?: boolean;
  readonly level?: number;
}

export interface VirtualListProps {
  /** `tree` for lists with sections that open and close, else `listbox`. */
  readonly role: 'listbox' | 'tree';
  readonly label: string;
  readonly count: number;
  readonly row: (index: number) => RowShape;
  readonly render: (index: number) => ReactNode;
  /** The row was chosen; the element is the row. */
  readonly onActivate: (index: number, target: HTMLElement) => void;
  /** The row's menu is wanted; the element is where it belongs. */
  readonly onMenu?: (index: number, target: HTMLElement) => void;
  /** Arrow keys left and right, for rows that open and close. */
  readonly onTurn?: (index: number, open: boolean) => void;
  /** The end comes into sight. */
  readonly onEnd?: () => void;
  readonly selected?: number;
}

/**
 * A list that holds only the rows in sight, so that thousands scroll smoothly. One stop for the Tab key; arrow keys, Home, End
 * and Page keys move inside, Enter activates, the menu key or Shift + F10 opens the row's menu.
 */
export function VirtualList(props: VirtualListProps) {
  const { role, label, count, row, render, onActivate, onMenu, onTurn, onEnd, selected } = props;
  const styles = useStyles();
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(0);
  const [focused, setFocused] = useState(false);
  const place = Math.min(active, count - 1);

  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => row(index).height,
    getItemKey: (index) => row(index).key,
    overscan: 8,
    // The active row stays in the page, because the list points to it by its id.
    rangeExtractor: (range: Range) => {
      const indexes = defaultRangeExtractor(range);
      return place >= 0 && !indexes.includes(place) ? [...indexes, place].sort((a, b) => a - b) : indexes;
    },
  });

  const items = virtualizer.getVirtualItems();
  const atEnd = (items.at(-1)?.index ?? -1) >= count - 10;
  useEffect(() => {
    if (atEnd) onEnd?.();
  }, [atEnd, onEnd]);

  const rowId = (index: number) => `${id}-${row(index).key}`;

  const move = (wanted: number, step: number) => {
    let next = Math.max(0, Math.min(count - 1, wanted));
    while (row(next).passive && next + step >= 0 && next + step < count) next += step;
    setActive(next);
    virtualizer.scrollToIndex(next);
  };

  const activate = (index: number) => {
    const target = document.getElementById(rowId(index));
    if (target) onActivate(index, target);
  };
  const openMenu = (index: number) => {
    const target = document.getElementById(rowId(index));
    if (target && onMenu) onMenu(index, target);
  };

  const pageRows = () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 300) / 56) - 1);

  /** Whether the key was for the list. */
  const take = ({ key, shiftKey }: KeyboardEvent): boolean => {
    if (key === 'ArrowDown') move(place + 1, 1);
    else if (key === 'ArrowUp') move(place - 1, -1);
    else if (key === 'Home') move(0, 1);
    else if (key === 'End') move(count - 1, -1);
    else if (key === 'PageDown') move(place + pageRows(), 1);
    else if (key === 'PageUp') move(place - pageRows(), -1);
    else if (key === 'Enter' || key === ' ') activate(place);
    else if (key === 'ArrowRight') onTurn?.(place, true);
    else if (key === 'ArrowLeft') onTurn?.(place, false);
    else if (key === 'ContextMenu' || (key === 'F10' && shiftKey)) openMenu(place);
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.ctrlKey && !event.altKey && !event.metaKey && take(event)) event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the role is one of two, both interactive and named.
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: as above.
    <div
      ref={scroller}
      className={styles.scroller}
      role={role}
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={place >= 0 && items.some(({ index }) => index === place) ? rowId(place) : undefined}
      onKeyDown={onKeyDown}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <div className={styles.inner} style={{ height: virtualizer.getTotalSize() }} role="presentation">
        {items.map(({ index, start, size }) => {
          const { key, height, passive, level, ...aria } = row(index);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list holds the focus and takes the keys for its rows.
            // biome-ignore lint/a11y/noStaticElementInteractions: the role is one of two, both interactive.
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only a treeitem is given a level.
            <div
              key={key}
              id={rowId(index)}
              role={role === 'tree' ? 'treeitem' : 'option'}
              aria-level={level}
              aria-selected={index === selected}
              aria-setsize={count}
              aria-posinset={index + 1}
              {...aria}
              className={styles.row}
              style={{ height: size, transform: `translateY(${start}px)` }}
              onClick={() => {
                if (passive) return;
                setActive(index);
                activate(index);
              }}
              onContextMenu={(event: MouseEvent) => {
                if (!onMenu || passive) return;
                event.preventDefault();
                setActive(index);
                openMenu(index);
              }}
            >
              <div
                className={mergeClasses(
                  styles.body,
                  passive && styles.plain,
                  index === selected && styles.selected,
                  focused && index === place && styles.focused,
                )}
              >
                {render(index)}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}
