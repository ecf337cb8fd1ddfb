import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { useWords } from '#web/ui/text.ts';
import { go, goBack, routeOf } from './route.ts';
import { useShell } from './shell.ts';

const useStyles = makeStyles({
  list: {
    margin: 0,
    display: 'grid',
    gridTemplateColumns: 'auto 1fr',
    columnGap: tokens.spacingHorizontalXL,
    rowGap: tokens.spacingVerticalS,
    alignItems: 'center',
  },
  keys: { margin: 0 },
  key: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: `2px ${tokens.spacingHorizontalS}`,
    whiteSpace: 'nowrap',
  },
  what: { margin: 0 },
});

export interface Shortcuts {
  readonly helpOpen: boolean;
  readonly showHelp: () => void;
  readonly hideHelp: () => void;
}

/** The keys that work everywhere in the page. Letters alone are never taken from a field somebody writes in. */
export function useShortcuts({ onPresence }: { readonly onPresence: () => void }): Shortcuts {
  const { preferences } = useShell();
  const [helpOpen, setHelpOpen] = useState(false);

  useEffect(() => {
    const show = (column: 'chats' | 'contacts') => {
      preferences.set({ ...preferences.value, column });
      requestAnimationFrame(() => document.getElementById(`tab-${column}`)?.focus());
    };
    const showSearch = () => {
      go({ view: 'search' });
      document.getElementById('message-search')?.focus();
    };
    const toggleCard = () => preferences.set({ ...preferences.value, card: !preferences.value.card });
    const byAlt = new Map<string, () => void>([
      ['Digit1', () => show('chats')],
      ['Digit2', () => show('contacts')],
      ['KeyP', onPresence],
      ['KeyM', () => document.getElementById('composer')?.focus()],
      ['KeyC', toggleCard],
    ]);
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const act = actOf(event);
      if (!act) return;
      event.preventDefault();
      act();
    };
    const actOf = (event: KeyboardEvent): (() => void) | undefined => {
      const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
      if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k') return () => document.getElementById('search')?.focus();
      if ((ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === 'f') return showSearch;
      if ((ctrlKey || metaKey) && key === ',') return () => go({ view: 'settings' });
      if (altKey && !ctrlKey && !metaKey) return byAlt.get(code);
      if (ctrlKey || metaKey) return undefined;
      if (key === 'F6') return () => focusRegion(shiftKey ? -1 : 1);
      if (key === 'Escape' && routeOf(location.pathname).view !== 'home' && !isOverlayOpen()) return goBack;
      return key === '?' && !isWriting(event.target) ? () => setHelpOpen(true) : undefined;
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [preferences, onPresence]);

  return { helpOpen, showHelp: () => setHelpOpen(true), hideHelp: () => setHelpOpen(false) };
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}

/** Dialogs, menus and the like take Escape for themselves. */
function isOverlayOpen(): boolean {
  return (
    document.querySelector('[role="dialog"], [role="menu"], [role="alertdialog"], [aria-expanded="true"][role="combobox"]') !==
    null
  );
}

/** Moves the focus to the next region of the page: list, content, card. */
function focusRegion(step: number): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  const present = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(present + step + regions.length) % regions.length];
  next?.querySelector<HTMLElement>('textarea, [tabindex="0"], button, input, a[href]')?.focus();
}

/** What keys there are. */
export function ShortcutsHelp({ onClose }: { readonly onClose: () => void }) {
  const styles = useStyles();
  const { text } = useWords();
  const { shortcuts } = text;
  const keys: readonly (readonly [string, string])[] = [
    ['Ctrl + K', shortcuts.search],
    ['Ctrl + F', shortcuts.searchMessages],
    ['Alt + 1', shortcuts.chats],
    ['Alt + 2', shortcuts.contacts],
    ['Alt + P', shortcuts.presence],
    ['Alt + M', shortcuts.write],
    ['Alt + C', shortcuts.card],
    ['Ctrl + ,', shortcuts.settings],
    ['F6', shortcuts.regions],
    ['↑ ↓ Home End', shortcuts.list],
    ['↑', text.chat.keys.editLast],
    ['Ctrl + B / I / E', text.chat.keys.bold],
    ['Shift + F10', shortcuts.actions],
    ['Esc', shortcuts.back],
    ['?', shortcuts.help],
  ];
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface aria-describedby={undefined}>
        <DialogBody>
          <DialogTitle>{shortcuts.title}</DialogTitle>
          <DialogContent>
            <dl className={styles.list}>
              {keys.map(([key, what]) => [
                <dt key={key} className={styles.keys}>
                  <kbd className={styles.key}>{key}</kbd>
                </dt>,
                <dd key={what} className={styles.what}>
                  {what}
                </dd>,
              ])}
            </dl>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              {text.app.close}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
