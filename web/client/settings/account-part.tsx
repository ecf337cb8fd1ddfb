import { Avatar, Button, Field, makeStyles, Select, Text, tokens } from '@fluentui/react-components';
import { type ChangeEvent, useRef, useState } from 'react';
import { httpPaths } from '#shared/protocol/http.ts';
import { type Account, type CallParams, NoServerAnswered, UCError } from '#web/api/index.ts';
import { usePicture, useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { PagePart } from '#web/ui/page.tsx';
import { Failed, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { browserLanguage, type Language, languages, useWords } from '#web/ui/text.ts';
import { scaledPicture } from './scaled-picture.ts';

const useStyles = makeStyles({
  who: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalL, flexWrap: 'wrap' },
  words: { display: 'flex', flexDirection: 'column', minWidth: 0, overflowWrap: 'anywhere' },
  quiet: { color: tokens.colorNeutralForeground3 },
  row: { display: 'flex', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
  file: { display: 'none' },
});

/** The own account: picture, language, time zone. */
export function AccountPart() {
  const { text } = useWords();
  const { account } = useWorkspace();
  const known = useStore(account);
  return (
    <PagePart title={text.settings.account}>
      {known === undefined && <Loading />}
      {known === 'failed' && <Failed title={text.settings.readFailed} />}
      {known && known !== 'failed' && <AccountFields account={known} />}
    </PagePart>
  );
}

function AccountFields({ account }: { readonly account: Account }) {
  const styles = useStyles();
  const { text } = useWords();
  const workspace = useWorkspace();
  const { client } = workspace;
  const notices = useNotices();
  const { settings } = text;
  const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const update = async (change: Omit<CallParams<'account.update'>, 'actId'>) => {
    try {
      workspace.account.set(await client.call('account.update', change));
      notices.done(settings.saved);
    } catch (error) {
      notices.failed(settings.saveFailed, error);
    }
  };

  return (
    <>
      <Picture account={account} />
      <div className={styles.words}>
        <Text weight="semibold">{account.name}</Text>
        <Text className={styles.quiet}>{account.signIn}</Text>
        <Text className={styles.quiet}>{account.email}</Text>
      </div>
      <Field label={settings.language}>
        <Select
          value={account.language ?? ''}
          onChange={(_, { value }) => void update({ language: value === '' ? null : (value as Language) })}
        >
          <option value="">{settings.asBrowser(settings.languageName[browserLanguage()])}</option>
          {languages.map((language) => (
            <option key={language} value={language} lang={language}>
              {settings.languageName[language]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={settings.timeZone}>
        <Select
          value={account.timeZone ?? ''}
          onChange={(_, { value }) => void update({ timeZone: value === '' ? null : value })}
        >
          <option value="">{settings.asBrowser(browserZone)}</option>
          {Intl.supportedValuesOf('timeZone').map((zone) => (
            <option key={zone} value={zone}>
              {zone.replaceAll('_', ' ')}
            </option>
          ))}
        </Select>
      </Field>
    </>
  );
}

function Picture({ account }: { readonly account: Account }) {
  const styles = useStyles();
  const { text } = useWords();
  const workspace = useWorkspace();
  const { client } = workspace;
  const notices = useNotices();
  const { settings } = text;
  const picture = usePicture(account.userId, account.pictureVersion);
  const file = useRef<HTMLInputElement>(null);
  const [working, setWorking] = useState(false);

  const store = async (init: RequestInit, done: string) => {
    setWorking(true);
    try {
      const response = await client.fetch(httpPaths.ownPicture, init);
      const { pictureVersion } = (await response.json()) as { pictureVersion: number };
      workspace.account.set({ ...account, pictureVersion });
      notices.done(done);
    } catch (error) {
      notices.failed(settings.pictureFailed, error instanceof NoServerAnswered ? new UCError('OUTCOME_UNKNOWN') : error);
    } finally {
      setWorking(false);
    }
  };
  const chosen = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [source] = target.files ?? [];
    target.value = '';
    if (!source) return;
    const body = await scaledPicture(source);
    if (body) await store({ method: 'PUT', body, headers: { 'content-type': body.type } }, settings.pictureStored);
    else notices.failed(settings.pictureTooLarge, new UCError('BAD_REQUEST'));
  };

  return (
    <div className={styles.who}>
      <Avatar
        size={72}
        name={account.name}
        color="colorful"
        idForColor={account.userId}
        image={picture === undefined ? undefined : { src: picture, alt: '' }}
      />
      <div className={styles.row}>
        <input
          ref={file}
          className={styles.file}
          type="file"
          accept="image/png,image/jpeg,image/webp"
          aria-label={settings.picture}
          onChange={(event) => void chosen(event)}
        />
        <Button disabled={working} onClick={() => file.current?.click()}>
          {settings.choosePicture}
        </Button>
        {account.pictureVersion > 0 && (
          <Button
            appearance="subtle"
            disabled={working}
            onClick={() => void store({ method: 'DELETE' }, settings.pictureRemoved)}
          >
            {settings.removePicture}
          </Button>
        )}
      </div>
    </div>
  );
}
