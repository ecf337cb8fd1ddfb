import { Badge, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { CallInboundRegular } from '@fluentui/react-icons/svg/call-inbound';
import { CallMissedRegular } from '@fluentui/react-icons/svg/call-missed';
import { CallOutboundRegular } from '@fluentui/react-icons/svg/call-outbound';
import { NoteRegular } from '@fluentui/react-icons/svg/note';
import { isMissed, type JournalEntry } from '#shared/protocol/journal.ts';
import { useWords } from '#web/ui/text.ts';
import { resultWords, talkTime } from './call-rows.ts';

export const callRowHeight = 60;
export const dayRowHeight = 36;

const useStyles = makeStyles({
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    width: '100%',
    minWidth: 0,
    paddingInline: tokens.spacingHorizontalS,
  },
  icon: { display: 'flex', fontSize: '20px', flexShrink: 0, color: tokens.colorNeutralForeground3 },
  missed: { color: tokens.colorPaletteRedForeground1 },
  words: { flexGrow: 1, minWidth: 0, display: 'flex', flexDirection: 'column' },
  cut: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', minWidth: 0 },
  second: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground2,
    minWidth: 0,
  },
  right: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-end',
    flexShrink: 0,
    color: tokens.colorNeutralForeground2,
  },
  day: { paddingInline: tokens.spacingHorizontalS, color: tokens.colorNeutralForeground2 },
});

/** A past call: who, what became of it, when and how long. */
export function CallRow({ entry, isNew }: { readonly entry: JournalEntry; readonly isNew: boolean }) {
  const styles = useStyles();
  const words = useWords();
  const { text, format } = words;
  const { peer, direction } = entry;
  const missed = isMissed(entry);
  const Icon = missed ? CallMissedRegular : direction === 'incoming' ? CallInboundRegular : CallOutboundRegular;
  const name = peer.name ?? peer.number ?? text.callList.withheld;
  const number = peer.name === undefined ? undefined : peer.number;
  const talked = talkTime(entry);
  return (
    <div className={styles.row}>
      <span className={mergeClasses(styles.icon, missed && styles.missed)}>
        <Icon aria-label={text.callList.directions[direction]} role="img" />
      </span>
      <div className={styles.words}>
        <Text className={styles.cut} weight={isNew ? 'bold' : 'semibold'}>
          {number === undefined ? name : `${name} · ${number}`}
        </Text>
        <span className={styles.second}>
          {entry.note !== undefined && <NoteRegular aria-label={text.callList.note} role="img" />}
          <Text size={200} className={styles.cut}>
            {entry.note === undefined ? resultWords(entry, words) : `${resultWords(entry, words)} – ${entry.note}`}
          </Text>
        </span>
      </div>
      <div className={styles.right}>
        <Text size={200}>{format.time(entry.startedAt)}</Text>
        {isNew ? (
          <Badge size="small" color="danger">
            {text.callList.unread}
          </Badge>
        ) : (
          <Text size={200}>{talked ?? ''}</Text>
        )}
      </div>
    </div>
  );
}

export function DayRow({ label }: { readonly label: string }) {
  const styles = useStyles();
  return (
    <Text size={200} weight="semibold" className={styles.day}>
      {label}
    </Text>
  );
}
