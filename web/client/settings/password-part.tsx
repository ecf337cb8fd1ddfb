import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { type FormEvent, useState } from 'react';
import { UCError } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { PagePart } from '#web/ui/page.tsx';
import { useWords } from '#web/ui/text.ts';

/** The server refuses shorter ones. */
const fewestCharacters = 10;

const useStyles = makeStyles({ form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM } });

const nothing = { current: '', next: '', again: '' };

export function PasswordPart() {
  const styles = useStyles();
  const { text } = useWords();
  const { client, account } = useWorkspace();
  const notices = useNotices();
  const { settings } = text;
  const [written, setWritten] = useState(nothing);
  const [wrong, setWrong] = useState<Partial<typeof nothing>>({});
  const [working, setWorking] = useState(false);
  const signIn = account.value && account.value !== 'failed' ? account.value.signIn : '';

  const save = async (event: FormEvent) => {
    event.preventDefault();
    const found: Partial<typeof nothing> = {};
    if (written.next.length < fewestCharacters) found.next = settings.passwordShort;
    else if (written.next !== written.again) found.again = settings.passwordDiffers;
    setWrong(found);
    if (Object.keys(found).length > 0) return;
    setWorking(true);
    try {
      await client.call('account.changePassword', { current: written.current, next: written.next });
      setWritten(nothing);
      notices.done(settings.passwordChanged);
    } catch (error) {
      if (error instanceof UCError && error.field === 'params.current') setWrong({ current: settings.passwordWrong });
      else notices.failed(settings.passwordFailed, error);
    } finally {
      setWorking(false);
    }
  };
  const field = (name: keyof typeof nothing, label: string, autoComplete: string, hint?: string) => (
    <Field label={label} required validationMessage={wrong[name]} hint={hint}>
      <Input
        type="password"
        autoComplete={autoComplete}
        value={written[name]}
        maxLength={256}
        onChange={(_, { value }) => setWritten({ ...written, [name]: value })}
      />
    </Field>
  );
  return (
    <PagePart title={settings.password}>
      <form className={styles.form} onSubmit={(event) => void save(event)}>
        <input type="text" name="username" autoComplete="username" value={signIn} readOnly hidden />
        {field('current', settings.currentPassword, 'current-password')}
        {field('next', settings.nextPassword, 'new-password', settings.passwordRule)}
        {field('again', settings.repeatPassword, 'new-password')}
        <div>
          <Button type="submit" disabled={working || written.current === ''}>
            {settings.password}
          </Button>
        </div>
      </form>
    </PagePart>
  );
}
