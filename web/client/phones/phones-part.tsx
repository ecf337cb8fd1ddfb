import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { CallConnectingRegular } from '@fluentui/react-icons/svg/call-connecting';
import { useCallback, useEffect, useState } from 'react';
import { type Result, UCError } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { PagePart } from '#web/ui/page.tsx';
import { Failed, Loading } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';
import { AddPhoneDialog } from './add-phone-dialog.tsx';
import { PhoneSettingsDialog } from './phone-settings-dialog.tsx';
import { RemovePhoneDialog } from './remove-phone-dialog.tsx';

type OwnPhone = Result<'phones.list'>['devices'][number];
export type NewPhone = Result<'phones.create'>;

const lookEveryMs = 5_000;

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  row: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM, flexWrap: 'wrap' },
  icon: { fontSize: '24px', display: 'flex' },
  words: { display: 'flex', flexDirection: 'column', flexGrow: 1, flexBasis: '160px', minWidth: 0, overflowWrap: 'anywhere' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

type Shown =
  | { readonly dialog: 'add' }
  | { readonly dialog: 'settings'; readonly phone: NewPhone }
  | { readonly dialog: 'remove'; readonly phone: OwnPhone };

/** The SIP phones that ring for the user: add one, see where each is signed in, give a new password, remove. */
export function PhonesPart() {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.phones;
  const { client } = useWorkspace();
  const notices = useNotices();
  const [phones, setPhones] = useState<readonly OwnPhone[] | 'failed'>();
  const [shown, setShown] = useState<Shown>();

  const read = useCallback(async () => {
    try {
      setPhones((await client.call('phones.list', {})).devices);
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      setPhones((known) => known ?? 'failed');
    }
  }, [client]);
  useEffect(() => {
    void read();
    // Nothing tells that a phone has signed in, and one looks here just for that.
    const timer = client.clock.every(lookEveryMs, () => void read());
    return () => timer.stop();
  }, [client, read]);

  const close = () => {
    setShown(undefined);
    void read();
  };
  const renew = async ({ id }: OwnPhone) => {
    try {
      setShown({ dialog: 'settings', phone: await client.call('phones.renewSecret', { id }) });
    } catch (error) {
      notices.failed(words.renewFailed, error);
    }
  };

  return (
    <PagePart title={words.title}>
      <Text className={styles.quiet}>{words.lead}</Text>
      {phones === undefined && <Loading />}
      {phones === 'failed' && <Failed title={words.readFailed} onRetry={() => void read()} />}
      {phones && phones !== 'failed' && (
        <>
          {phones.length === 0 && <Text>{words.none}</Text>}
          <ul className={styles.list}>
            {phones.map((phone) => (
              <PhoneRow
                key={phone.id}
                phone={phone}
                onRenew={() => void renew(phone)}
                onRemove={() => setShown({ dialog: 'remove', phone })}
              />
            ))}
          </ul>
          <div>
            <Button onClick={() => setShown({ dialog: 'add' })}>{words.add}</Button>
          </div>
        </>
      )}
      {shown?.dialog === 'add' && <AddPhoneDialog onClose={close} onAdded={(phone) => setShown({ dialog: 'settings', phone })} />}
      {shown?.dialog === 'settings' && <PhoneSettingsDialog phone={shown.phone} onClose={close} />}
      {shown?.dialog === 'remove' && <RemovePhoneDialog phone={shown.phone} onClose={close} />}
    </PagePart>
  );
}

function PhoneRow({
  phone,
  onRenew,
  onRemove,
}: {
  readonly phone: OwnPhone;
  readonly onRenew: () => void;
  readonly onRemove: () => void;
}) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.phones;
  const { name, registrations } = phone;
  return (
    <li className={styles.row}>
      <span className={styles.icon} aria-hidden>
        <CallConnectingRegular />
      </span>
      <span className={styles.words}>
        <Text>{name}</Text>
        {registrations.length === 0 && (
          <Text size={200} className={styles.quiet}>
            {words.notRegistered}
          </Text>
        )}
        {registrations.map(({ serverId, since, userAgent = '' }) => (
          <Text key={`${serverId} ${since}`} size={200} className={styles.quiet}>
            {words.registered(serverId, userAgent)}
          </Text>
        ))}
      </span>
      <Button size="small" aria-label={words.renewFor(name)} onClick={onRenew}>
        {words.renew}
      </Button>
      <Button size="small" aria-label={words.removeFor(name)} onClick={onRemove}>
        {words.remove}
      </Button>
    </li>
  );
}
