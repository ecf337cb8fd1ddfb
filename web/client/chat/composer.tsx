import { Button, makeStyles, Text, Textarea, tokens } from '@fluentui/react-components';
import { SendFilled } from '@fluentui/react-icons/svg/send';
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { LiveConversation } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useShell } from '#web/client/app/shell.ts';
import { usePersonName } from '#web/client/people/person-name.ts';
import { useWords } from '#web/ui/text.ts';

/** Longest message, in UTF-16 units; the server refuses longer ones. */
const mostUnits = 10_000;

const useStyles = makeStyles({
  form: {
    display: 'flex',
    alignItems: 'flex-end',
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL} ${tokens.spacingVerticalS}`,
  },
  field: { flexGrow: 1 },
  area: { minHeight: '36px', maxHeight: '30dvh', fieldSizing: 'content' },
  hint: {
    display: 'flex',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground3,
    padding: `0 ${tokens.spacingHorizontalL} ${tokens.spacingVerticalS}`,
    '@media (max-width: 699px)': { display: 'none' },
  },
  tooLong: { color: tokens.colorStatusDangerForeground1 },
});

/** Where a message is written. What was begun stays with the person it is for. */
export function Composer({ live }: { readonly live: LiveConversation }) {
  const styles = useStyles();
  const { text } = useWords();
  const { drafts } = useWorkspace();
  const { inactivity } = useShell();
  const name = usePersonName(live.partner);
  const [written, setWritten] = useState(() => drafts.get(live.partner) ?? '');
  const area = useRef<HTMLTextAreaElement>(null);
  const over = written.length - mostUnits;

  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) area.current?.focus();
  }, []);

  useEffect(() => {
    if (written.trim() === '') drafts.delete(live.partner);
    else drafts.set(live.partner, written);
    inactivity.setUnsentText(drafts.size > 0);
  }, [written, drafts, live, inactivity]);

  const send = () => {
    const message = written.trim();
    if (message === '' || over > 0) return;
    live.send(message);
    setWritten('');
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <>
      <form
        className={styles.form}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          send();
        }}
      >
        <Textarea
          className={styles.field}
          textarea={{ ref: area, className: styles.area, rows: 1, 'aria-describedby': 'composer-hint' }}
          resize="none"
          value={written}
          id="composer"
          aria-label={text.chat.write(name)}
          placeholder={text.chat.write(name)}
          onChange={(_, { value }) => {
            setWritten(value);
            if (value.trim() !== '') live.tellTyping();
          }}
          onKeyDown={onKeyDown}
        />
        <Button
          type="submit"
          appearance="primary"
          icon={<SendFilled />}
          aria-label={text.chat.send}
          disabled={written.trim() === '' || over > 0}
        />
      </form>
      <div className={styles.hint}>
        <Text size={100} id="composer-hint">
          {text.chat.sendHint}
        </Text>
        {over > 0 && (
          <Text size={200} className={styles.tooLong} role="alert">
            {text.chat.tooLong(over)}
          </Text>
        )}
      </div>
    </>
  );
}
