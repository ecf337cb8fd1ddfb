import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import type { CallId } from '#shared/ids.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;

const useStyles = makeStyles({
  pad: { flexBasis: '100%', display: 'flex', flexDirection: 'column', alignItems: 'flex-end', gap: tokens.spacingVerticalXS },
  keys: { display: 'grid', gridTemplateColumns: 'repeat(3, 48px)', gap: tokens.spacingHorizontalXS },
  key: { minWidth: '48px' },
});

/** Sends digits in a call, one by one, as they are pressed; the keyboard works too. */
export function Keypad({ callId }: { readonly callId: CallId }) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.liveCalls;
  const { client } = useWorkspace();
  const notices = useNotices();
  const [sent, setSent] = useState('');
  const press = (digit: string) => {
    setSent((before) => `${before}${digit}`.slice(-32));
    client.call('calls.sendDigits', { callId, digits: digit }).catch((error: unknown) => notices.failed(words.actFailed, error));
  };
  return (
    <fieldset
      className={styles.pad}
      style={{ border: 'none', margin: 0, padding: 0 }}
      aria-label={words.digits}
      onKeyDown={({ key, ctrlKey, metaKey, altKey }) => {
        if (!ctrlKey && !metaKey && !altKey && /^[0-9*#]$/.test(key)) press(key);
      }}
    >
      <div className={styles.keys}>
        {keys.map((key) => (
          <Button key={key} className={styles.key} onClick={() => press(key)}>
            {key}
          </Button>
        ))}
      </div>
      <Text size={200} role="status">
        {sent === '' ? '' : words.sentDigits(sent)}
      </Text>
    </fieldset>
  );
}
