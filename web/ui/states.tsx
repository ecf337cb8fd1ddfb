import { Button, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components';
import type { ReactNode } from 'react';
import { useWords } from './text.ts';

const useStyles = makeStyles({
  box: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    textAlign: 'center',
    gap: tokens.spacingVerticalS,
    padding: tokens.spacingHorizontalXXL,
    minHeight: '120px',
    height: '100%',
    boxSizing: 'border-box',
  },
  hint: { color: tokens.colorNeutralForeground3, maxWidth: '40ch' },
  icon: { color: tokens.colorNeutralForeground3, fontSize: '40px', lineHeight: '40px', display: 'flex' },
});

export interface EmptyProps {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly hint?: string;
  readonly children?: ReactNode;
}

/** Says that there is nothing here, and what to do about it. */
export function Empty({ icon, title, hint, children }: EmptyProps) {
  const styles = useStyles();
  return (
    <div className={styles.box}>
      {icon !== undefined && (
        <span className={styles.icon} aria-hidden>
          {icon}
        </span>
      )}
      <Text weight="semibold" align="center">
        {title}
      </Text>
      {hint !== undefined && (
        <Text className={styles.hint} align="center">
          {hint}
        </Text>
      )}
      {children}
    </div>
  );
}

export function Loading({ label }: { readonly label?: string }) {
  const styles = useStyles();
  const { text } = useWords();
  return (
    <div className={styles.box}>
      <Spinner size="small" label={label ?? text.app.loading} />
    </div>
  );
}

export interface FailedProps {
  readonly title: string;
  readonly hint?: string;
  readonly onRetry?: () => void;
}

/** Says that something could not be had, and offers to try again. */
export function Failed({ title, hint, onRetry }: FailedProps) {
  const styles = useStyles();
  const { text } = useWords();
  return (
    <div className={styles.box} role="alert">
      <Text weight="semibold" align="center">
        {title}
      </Text>
      {hint !== undefined && (
        <Text className={styles.hint} align="center">
          {hint}
        </Text>
      )}
      {onRetry && <Button onClick={onRetry}>{text.app.retry}</Button>}
    </div>
  );
}
