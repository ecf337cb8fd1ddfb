import { Button, Field, Input, MessageBar, MessageBarBody, makeStyles, Select, Text, tokens } from '@fluentui/react-components';
import { EyeRegular } from '@fluentui/react-icons/svg/eye';
import { EyeOffRegular } from '@fluentui/react-icons/svg/eye-off';
import { type FormEvent, useState } from 'react';
import { NoServerAnswered, type SignedOutReason, UCError } from '#web/api/index.ts';
import { useShell } from '#web/client/app/shell.ts';
import { Logo } from '#web/ui/logo.tsx';
import { type Language, languages, useWords } from '#web/ui/text.ts';

const useStyles = makeStyles({
  page: {
    minHeight: '100dvh',
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    padding: tokens.spacingHorizontalL,
    boxSizing: 'border-box',
    backgroundColor: tokens.colorNeutralBackground3,
    backgroundImage: `radial-gradient(80rem 40rem at 20% -10%, ${tokens.colorBrandBackground2}, transparent)`,
  },
  box: {
    width: '100%',
    maxWidth: '380px',
    padding: tokens.spacingHorizontalXXL,
    boxSizing: 'border-box',
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    boxShadow: tokens.shadow16,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
  },
  brand: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase600,
    lineHeight: tokens.lineHeightBase600,
    fontWeight: tokens.fontWeightSemibold,
  },
  lead: { color: tokens.colorNeutralForeground2 },
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
});

/** Asks for name and password. */
export function SignInPage({ reason }: { readonly reason: SignedOutReason }) {
  const styles = useStyles();
  const words = useWords();
  const { text } = words;
  const { client, preferences } = useShell();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [working, setWorking] = useState(false);
  const [failure, setFailure] = useState<string>();
  const ended = text.signIn.ended[reason];

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '' || password === '') {
      setFailure(text.signIn.missing);
      return;
    }
    setWorking(true);
    setFailure(undefined);
    try {
      await client.signIn(name.trim(), password);
    } catch (error) {
      setFailure(failureOf(error, text.signIn));
      setWorking(false);
    }
  };

  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <div className={styles.brand}>
          <Logo size={40} />
          <div>
            <h1 className={styles.title}>{text.app.name}</h1>
            <Text className={styles.lead}>{text.signIn.lead}</Text>
          </div>
        </div>
        {failure === undefined && ended !== '' && (
          <MessageBar intent="info">
            <MessageBarBody>{ended}</MessageBarBody>
          </MessageBar>
        )}
        {failure !== undefined && (
          <MessageBar intent="error" role="alert">
            <MessageBarBody>{failure}</MessageBarBody>
          </MessageBar>
        )}
        <form className={styles.form} onSubmit={(event) => void submit(event)}>
          <Field label={text.signIn.name}>
            <Input
              value={name}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={256}
              onChange={(_, { value }) => setName(value)}
            />
          </Field>
          <Field label={text.signIn.password}>
            <Input
              type={shown ? 'text' : 'password'}
              value={password}
              name="password"
              autoComplete="current-password"
              maxLength={256}
              onChange={(_, { value }) => setPassword(value)}
              contentAfter={
                <Button
                  appearance="transparent"
                  size="small"
                  icon={shown ? <EyeOffRegular /> : <EyeRegular />}
                  aria-label={text.signIn.showPassword}
                  aria-pressed={shown}
                  onClick={() => setShown(!shown)}
                />
              }
            />
          </Field>
          <Button type="submit" appearance="primary" size="large" disabled={working}>
            {working ? text.signIn.working : text.signIn.submit}
          </Button>
        </form>
        <Field label={text.signIn.language} orientation="horizontal">
          <Select
            size="small"
            value={words.language}
            onChange={(_, { value }) => preferences.set({ ...preferences.value, language: value as Language })}
          >
            {languages.map((language) => (
              <option key={language} value={language} lang={language}>
                {text.settings.languageName[language]}
              </option>
            ))}
          </Select>
        </Field>
      </div>
    </main>
  );
}

interface SignInWords {
  readonly failed: string;
  readonly busy: string;
  readonly noServer: string;
  readonly broken: string;
  readonly throttled: (seconds: number) => string;
}

function failureOf(error: unknown, words: SignInWords): string {
  if (error instanceof NoServerAnswered) return words.noServer;
  if (!(error instanceof UCError)) throw error;
  if (error.code === 'SIGN_IN_FAILED') return words.failed;
  if (error.code === 'RATE_LIMITED') return words.throttled(Math.max(1, Math.ceil((error.retryAfterMs ?? 1_000) / 1_000)));
  return error.code === 'BUSY' || error.code === 'SHUTTING_DOWN' ? words.busy : words.broken;
}
