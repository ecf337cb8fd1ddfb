import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons/svg/copy';
import type { SipRegistrar } from '#shared/protocol/phones.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import type { NewPhone } from './phones-part.tsx';
import { QrCode } from './qr-code.tsx';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  facts: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, margin: 0 },
  fact: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
  term: { width: '110px', flexShrink: 0, color: tokens.colorNeutralForeground2 },
  value: { margin: 0, display: 'flex', alignItems: 'center', flexGrow: 1, flexBasis: '200px' },
  text: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere', flexGrow: 1 },
  quiet: { color: tokens.colorNeutralForeground2 },
  code: { display: 'flex', flexDirection: 'column', alignItems: 'center', gap: tokens.spacingVerticalXS },
});

/** What must be set in a phone, shown once: as text, as QR code, and as addresses for phones that fetch it themselves. */
export function PhoneSettingsDialog({ phone, onClose }: { readonly phone: NewPhone; readonly onClose: () => void }) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.phones;
  const { device, realm, secret, registrars, provisioning } = phone;
  const facts: readonly (readonly [string, string])[] = [
    [words.user, device.id],
    [words.password, secret],
    [words.domain, realm],
    ...registrars.slice(0, 2).map((each, index) => [words.server(registrars.length, index), addressOf(each)] as const),
  ];
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.settingsTitle(device.name)}</DialogTitle>
          <DialogContent className={styles.content}>
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>{words.once}</MessageBarBody>
            </MessageBar>
            <dl className={styles.facts}>
              {facts.map(([term, value]) => (
                <Fact key={term} term={term} value={value} />
              ))}
            </dl>
            {registrars.length === 0 && <Text>{words.noServer}</Text>}
            <div className={styles.code}>
              <QrCode label={words.qr} content={settingsText(phone)} />
              <Text size={200} className={styles.quiet}>
                {words.qrHint}
              </Text>
            </div>
            {provisioning !== undefined && (
              <div>
                <Text>{words.provisioning}</Text>
                <dl className={styles.facts}>
                  {Object.entries(provisioning.urls).map(([family, url]) => (
                    <Fact key={family} term={family} value={url} />
                  ))}
                </dl>
              </div>
            )}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              {words.close}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Fact({ term, value }: { readonly term: string; readonly value: string }) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.phones;
  const notices = useNotices();
  const copy = () =>
    navigator.clipboard.writeText(value).then(
      () => notices.done(words.copied(term)),
      () => notices.done(words.copyFailed),
    );
  return (
    <div className={styles.fact}>
      <dt className={styles.term}>{term}</dt>
      <dd className={styles.value}>
        <span className={styles.text}>{value}</span>
        <Button
          size="small"
          appearance="subtle"
          icon={<CopyRegular />}
          aria-label={words.copy(term)}
          onClick={() => void copy()}
        />
      </dd>
    </div>
  );
}

function addressOf({ protocol, host, port }: SipRegistrar): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port} (${protocol.toUpperCase()})`;
}

/** Each make of softphone has a form of its own; this one is read by people too. */
function settingsText({ device, realm, secret, registrars }: NewPhone): string {
  const lines = [`sip:${device.id}@${realm}`, `username=${device.id}`, `password=${secret}`, `domain=${realm}`];
  const proxies = registrars.slice(0, 2).map(({ protocol, host, port }) => `proxy=sip:${host}:${port};transport=${protocol}`);
  return [...lines, ...proxies].join('\n');
}
