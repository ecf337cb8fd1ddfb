import { Button, Field, makeStyles, Select, Switch, Text, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import { useClientState, useWorkspace } from '#web/client/app/hooks.ts';
import type { Preferences } from '#web/client/app/preferences.ts';
import { go, goBack } from '#web/client/app/route.ts';
import { useShell } from '#web/client/app/shell.ts';
import { PhonesPart } from '#web/client/phones/phones-part.tsx';
import { Page, PagePart } from '#web/ui/page.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { AccountPart } from './account-part.tsx';
import { DevicesPart } from './devices-part.tsx';
import { PasswordPart } from './password-part.tsx';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground3 },
  row: { display: 'flex', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
});

/** Everything a person sets about themselves and this browser. */
export function SettingsPage() {
  const { text } = useWords();
  return (
    <Page title={text.settings.title} onBack={goBack}>
      <AccountPart />
      <AppearancePart />
      <NotificationsPart />
      <InactivityPart />
      <PagePart title={text.permissions.title}>
        <Text>{text.permissions.lead}</Text>
        <div>
          <Button onClick={() => go({ view: 'permissions' })}>{text.permissions.title}</Button>
        </div>
      </PagePart>
      <PhonesPart />
      <DevicesPart />
      <PasswordPart />
      <ConnectionPart />
    </Page>
  );
}

function AppearancePart() {
  const { text } = useWords();
  const { preferences } = useShell();
  const { theme } = useStore(preferences);
  return (
    <PagePart title={text.settings.appearance}>
      <Field label={text.settings.theme}>
        <Select
          value={theme}
          onChange={(_, { value }) => preferences.set({ ...preferences.value, theme: value as Preferences['theme'] })}
        >
          {(['system', 'light', 'dark'] as const).map((each) => (
            <option key={each} value={each}>
              {text.settings.themes[each]}
            </option>
          ))}
        </Select>
      </Field>
    </PagePart>
  );
}

function NotificationsPart() {
  const styles = useStyles();
  const { text } = useWords();
  const { preferences } = useShell();
  const { notify, notifyText, notifyMentions } = useStore(preferences);
  const supported = 'Notification' in globalThis;
  const [permission, setPermission] = useState(() => (supported ? Notification.permission : 'denied'));
  const turn = async (wanted: boolean) => {
    if (wanted && permission === 'default') setPermission(await Notification.requestPermission());
    preferences.set({ ...preferences.value, notify: wanted });
  };
  return (
    <PagePart title={text.settings.notifications}>
      <Switch
        checked={notify && permission === 'granted'}
        disabled={!supported || permission === 'denied'}
        label={text.settings.notify}
        onChange={(_, { checked }) => void turn(checked)}
      />
      <Text size={200} className={styles.quiet}>
        {supported
          ? permission === 'denied'
            ? text.settings.notifyBlocked
            : text.settings.notifyHint
          : text.settings.notifyMissing}
      </Text>
      <Switch
        checked={notifyText}
        disabled={!notify || permission !== 'granted'}
        label={text.settings.notifyText}
        onChange={(_, { checked }) => preferences.set({ ...preferences.value, notifyText: checked })}
      />
      <Switch
        checked={notifyMentions}
        disabled={!notify}
        label={text.settings.notifyMentions}
        onChange={(_, { checked }) => preferences.set({ ...preferences.value, notifyMentions: checked })}
      />
    </PagePart>
  );
}

/** Says which way of noticing inactivity applies here, and offers the better one where the browser has it. */
function InactivityPart() {
  const styles = useStyles();
  const { text } = useWords();
  const { inactivity } = useShell();
  const source = useStore(inactivity.source);
  const [denied, setDenied] = useState(false);
  return (
    <PagePart title={text.settings.inactivity}>
      <Text>{source === 'browser' ? text.settings.idleDetector : text.settings.idlePage}</Text>
      {source === 'page' && inactivity.canDetect && (
        <>
          <div>
            <Button disabled={denied} onClick={() => void inactivity.ask().then((answer) => setDenied(answer === 'denied'))}>
              {text.settings.idleAllow}
            </Button>
          </div>
          <Text size={200} className={styles.quiet}>
            {denied ? text.settings.idleDenied : text.settings.idleAllowHint}
          </Text>
        </>
      )}
      {source === 'page' && !inactivity.canDetect && (
        <Text size={200} className={styles.quiet}>
          {text.settings.idleMissing}
        </Text>
      )}
    </PagePart>
  );
}

function ConnectionPart() {
  const { text } = useWords();
  const { client } = useWorkspace();
  const state = useClientState(client);
  return (
    <PagePart title={text.settings.about}>
      <Text>
        {state.phase === 'open'
          ? `${text.settings.connectedTo(state.welcome.serverId)}${state.welcome.attached ? `, ${text.settings.attached}` : ''}`
          : text.reach.reconnecting}
      </Text>
      <div>
        <Button onClick={() => void client.signOut()}>{text.app.signOut}</Button>
      </div>
    </PagePart>
  );
}
