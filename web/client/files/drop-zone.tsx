import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { AttachRegular } from '@fluentui/react-icons/svg/attach';
import { useEffect, useRef, useState } from 'react';
import { useWords } from '#web/ui/text.ts';

const useStyles = makeStyles({
  zone: {
    position: 'fixed',
    inset: tokens.spacingHorizontalL,
    zIndex: 1_000,
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    gap: tokens.spacingVerticalM,
    pointerEvents: 'none',
    color: tokens.colorBrandForeground1,
    fontSize: '48px',
    backgroundColor: tokens.colorNeutralBackgroundAlpha2,
    border: `3px dashed ${tokens.colorBrandStroke1}`,
    borderRadius: tokens.borderRadiusXLarge,
  },
});

/** Takes files that are dropped anywhere on the window, and shows that they can be. */
export function DropZone({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const styles = useStyles();
  const { text } = useWords();
  const [isOver, setOver] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  useEffect(() => {
    // Each element tells that the pointer has come and gone; it is over the window until it has left as often as it came.
    let inside = 0;
    const holdsFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;
    const move = (by: number) => (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      inside = Math.max(0, inside + by);
      setOver(inside > 0);
    };
    const drop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      inside = 0;
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) take.current(files);
    };
    const listeners = { dragenter: move(1), dragleave: move(-1), dragover: move(0), drop } as const;
    for (const [name, listener] of Object.entries(listeners)) addEventListener(name as 'drop', listener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) removeEventListener(name as 'drop', listener);
    };
  }, []);
  if (!isOver) return null;
  return (
    <div className={styles.zone} aria-hidden>
      <AttachRegular />
      <Text size={500} weight="semibold">
        {text.files.drop}
      </Text>
    </div>
  );
}
