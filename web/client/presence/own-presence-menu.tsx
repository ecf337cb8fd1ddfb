import {
  Button,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Text,
  tokens,
} from '@fluentui/react-components';
import { ChevronDownRegular } from '@fluentui/react-icons/svg/chevron-down';
import { useEffect, useState } from 'react';
import type { OwnPresence } from '#web/api/index.ts';
import { useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { usePersonName } from '#web/client/people/person-name.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords, type Words } from '#web/ui/text.ts';
import { PersonAvatar } from './person-avatar.tsx';
import { PresenceForm } from './presence-form.tsx';
import { manualWord, reasonWords } from './presence-words.ts';

const useStyles = makeStyles({
  trigger: { justifyContent: 'flex-start', minWidth: 0, flexGrow: 1, paddingInline: tokens.spacingHorizontalXS, height: '48px' },
  words: { display: 'flex', flexDirection: 'column', alignItems: 'flex-start', minWidth: 0, textAlign: 'start' },
  line: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', maxWidth: '100%' },
  second: { color: tokens.colorNeutralForeground3 },
  hidden: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
  content: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM, minWidth: 0, flexGrow: 1 },
  surface: {
    width: 'min(360px, calc(100vw - 32px))',
    maxHeight: 'calc(100dvh - 96px)',
    overflowY: 'auto',
    boxSizing: 'border-box',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
  },
});

/** Who one is, what others see of it and why, and the place to change it. */
export function OwnPresenceMenu({ openSignal }: { readonly openSignal: number }) {
  const styles = useStyles();
  const words = useWords();
  const { text } = words;
  const { self, ownPresence } = useWorkspace();
  const now = useNow();
  const name = usePersonName(self);
  const known = useStore(ownPresence);
  const own = known === 'failed' ? undefined : known;
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (openSignal > 0) setOpen(true);
  }, [openSignal]);
  const state = own ? shownState(words, own) : text.presence.loading;
  const manual = own?.manual ?? null;
  return (
    <Popover
      open={open}
      onOpenChange={(_, { open: wanted }) => setOpen(wanted)}
      trapFocus
      positioning={{ position: 'below', align: 'start' }}
    >
      <PopoverTrigger disableButtonEnhancement>
        <Button appearance="subtle" className={styles.trigger} iconPosition="after" icon={<ChevronDownRegular />}>
          <span className={styles.content}>
            <PersonAvatar userId={self} decorative size={36} />
            <span className={styles.words}>
              <span className={styles.hidden}>{text.shortcuts.presence}: </span>
              <Text weight="semibold" className={styles.line}>
                {name}
              </Text>
              <Text size={200} className={`${styles.line} ${styles.second}`}>
                {own?.presence.note ? `${state} · ${own.presence.note.text}` : state}
              </Text>
            </span>
          </span>
        </Button>
      </PopoverTrigger>
      <PopoverSurface className={styles.surface} aria-label={text.presence.own(state)}>
        {own && <Why own={own} now={now} />}
        {known === 'failed' && (
          <MessageBar intent="warning">
            <MessageBarBody>{text.settings.readFailed}</MessageBarBody>
          </MessageBar>
        )}
        {own && (
          <PresenceForm
            label={text.presence.myState}
            state={manual?.state ?? null}
            until={manual?.until}
            note={own.presence.note}
            onSaved={() => setOpen(false)}
          />
        )}
      </PopoverSurface>
    </Popover>
  );
}

/** Appearing offline is shown as such, because to oneself one is not. */
function shownState(words: Words, { presence, manual }: OwnPresence): string {
  return manual?.state === 'offline' && presence.state === 'offline'
    ? words.text.presence.appearOffline
    : words.text.presence.state[presence.state];
}

function Why({ own, now }: { readonly own: OwnPresence; readonly now: number }) {
  const words = useWords();
  const { text, format } = words;
  const { self } = useWorkspace();
  const { manual, presence, automatic } = own;
  const setter = usePersonName(manual?.setBy ?? self);
  const reasons = (presence.activities ?? [])
    .filter(({ kind }) => kind !== 'manual')
    .map((reason) => reasonWords(words, reason, now));
  const sentences: string[] = [];
  if (manual) {
    const state = manualWord(words, manual.state);
    const until = manual.until === undefined ? undefined : format.until(manual.until, now);
    const byOther = manual.setBy !== undefined && manual.setBy !== self;
    if (byOther)
      sentences.push(
        until === undefined ? text.presence.setByOther(setter, state) : text.presence.setByOtherUntil(setter, state, until),
      );
    else sentences.push(until === undefined ? text.presence.setByHand(state) : text.presence.setByHandUntil(state, until));
    sentences.push(text.presence.otherwise(text.presence.state[automatic]));
  } else if (reasons.length > 0) sentences.push(text.presence.decidedBy(format.list(reasons)));
  else sentences.push(text.presence.decidedByActivity);
  return (
    <Text size={200}>
      <strong>{text.presence.why}: </strong>
      {sentences.join(' ')}
    </Text>
  );
}
