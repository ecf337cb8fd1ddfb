import { Button, makeStyles, Toolbar, ToolbarButton, Tooltip, tokens } from '@fluentui/react-components';
import { CodeRegular } from '@fluentui/react-icons/svg/code';
import { TextBoldRegular } from '@fluentui/react-icons/svg/text-bold';
import { TextBulletListRegular } from '@fluentui/react-icons/svg/text-bullet-list';
import { TextItalicRegular } from '@fluentui/react-icons/svg/text-italic';
import { TextNumberListLtrRegular } from '@fluentui/react-icons/svg/text-number-list-ltr';
import { TextQuoteRegular } from '@fluentui/react-icons/svg/text-quote';
import type { ReactElement } from 'react';
import { useWords } from '#web/ui/text.ts';
import type { Mark } from './text-marks.ts';

const useStyles = makeStyles({
  bar: { padding: 0, flexWrap: 'wrap' },
  button: { minWidth: 'unset', padding: tokens.spacingHorizontalXS },
});

const marks: readonly (readonly [Mark, ReactElement])[] = [
  ['bold', <TextBoldRegular key="bold" />],
  ['italic', <TextItalicRegular key="italic" />],
  ['code', <CodeRegular key="code" />],
  ['bullets', <TextBulletListRegular key="bullets" />],
  ['numbers', <TextNumberListLtrRegular key="numbers" />],
  ['quote', <TextQuoteRegular key="quote" />],
];

/** The marks a text can be given; arrow keys move between them. */
export function ComposerToolbar({ onMark }: { readonly onMark: (mark: Mark) => void }) {
  const styles = useStyles();
  const { text } = useWords();
  return (
    <Toolbar size="small" className={styles.bar} aria-label={text.chat.composer.format}>
      {marks.map(([mark, icon]) => (
        <Tooltip key={mark} content={text.chat.composer[mark]} relationship="label">
          <ToolbarButton className={styles.button} icon={icon} onClick={() => onMark(mark)} />
        </Tooltip>
      ))}
    </Toolbar>
  );
}

export interface ComposerButtonProps {
  readonly label: string;
  readonly icon: ReactElement;
  readonly pressed?: boolean;
  readonly onClick: (target: HTMLElement) => void;
}

/** A small act beside the field. */
export function ComposerButton({ label, icon, pressed, onClick }: ComposerButtonProps) {
  return (
    <Tooltip content={label} relationship="label">
      <Button
        appearance="subtle"
        icon={icon}
        aria-pressed={pressed}
        onClick={({ currentTarget }) => onClick(currentTarget as HTMLElement)}
      />
    </Tooltip>
  );
}
