import { Badge, Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { DesktopRegular } from '@fluentui/react-icons/svg/desktop';
import { GlobeRegular } from '@fluentui/react-icons/svg/globe';
import { PhoneRegular } from '@fluentui/react-icons/svg/phone';
import { useCallback, useEffect, useState } from 'react';
import { type DeviceId, type Result, UCError } from '#web/api/index.ts';
import { useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { PagePart } from '#web/ui/page.tsx';
import { Failed, Loading } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';

type SignedInDevice = Result<'account.devices'>['devices'][number];

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  row: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM, flexWrap: 'wrap' },
  icon: { fontSize: '24px', display: 'flex' },
  words: { display: 'flex', flexDirection: 'column', flexGrow: 1, flexBasis: '160px', minWidth: 0 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

const icons = { browser: <GlobeRegular />, desktop: <DesktopRegular />, mobile: <PhoneRegular /> } as const;

/** Where one is signed in, and the way to end it there. */
export function DevicesPart() {
  const styles = useStyles();
  const { text } = useWords();
  const { client } = useWorkspace();
  const notices = useNotices();
  const [devices, setDevices] = useState<readonly SignedInDevice[] | 'failed'>();

  const read = useCallback(async () => {
    try {
      const answer = await client.call('account.devices', {});
      setDevices([...answer.devices].sort((a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt - a.lastUsedAt));
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      setDevices('failed');
    }
  }, [client]);
  useEffect(() => void read(), [read]);

  const signOut = async (deviceId?: DeviceId) => {
    try {
      const { signedOut } = await client.call('account.signOut', deviceId === undefined ? {} : { deviceId });
      notices.done(text.settings.signedOutOthers(signedOut));
      await read();
    } catch (error) {
      notices.failed(text.settings.saveFailed, error);
    }
  };

  const others = devices && devices !== 'failed' ? devices.filter(({ current }) => !current) : [];
  return (
    <PagePart title={text.settings.devices}>
      {devices === undefined && <Loading />}
      {devices === 'failed' && <Failed title={text.settings.readFailed} onRetry={() => void read()} />}
      {devices && devices !== 'failed' && (
        <>
          <ul className={styles.list}>
            {devices.map((device) => (
              <DeviceRow key={device.deviceId} device={device} onSignOut={() => void signOut(device.deviceId)} />
            ))}
          </ul>
          {others.length > 0 ? (
            <div>
              <Button onClick={() => void signOut()}>{text.settings.signOutOthers}</Button>
            </div>
          ) : (
            <Text size={200} className={styles.quiet}>
              {text.settings.noOtherDevices}
            </Text>
          )}
        </>
      )}
    </PagePart>
  );
}

function DeviceRow({ device, onSignOut }: { readonly device: SignedInDevice; readonly onSignOut: () => void }) {
  const styles = useStyles();
  const { text, format } = useWords();
  const now = useNow();
  return (
    <li className={styles.row}>
      <span className={styles.icon} aria-hidden>
        {icons[device.kind]}
      </span>
      <span className={styles.words}>
        <Text>
          {device.name} {device.current && <Badge appearance="tint">{text.settings.thisDevice}</Badge>}
        </Text>
        <Text size={200} className={styles.quiet}>
          {device.serverId === undefined
            ? text.settings.deviceUsed(format.ago(device.lastUsedAt, now))
            : text.settings.deviceOnline(device.serverId)}
        </Text>
      </span>
      {!device.current && (
        <Button size="small" onClick={onSignOut} aria-label={text.settings.signOutDevice(device.name)}>
          {text.app.signOut}
        </Button>
      )}
    </li>
  );
}
