import { makeStyles, Text, tokens } from '@fluentui/react-components';
import type { SearchHit } from '#shared/protocol/chat-search.ts';
import { useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { titleOf } from '#web/client/groups/group-avatar.tsx';
import { useNameOf } from '#web/client/people/person-name.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { useWords } from '#web/ui/text.ts';
import { snippetPieces } from './snippet-pieces.ts';

export const hitRowHeight = 84;

const useStyles = makeStyles({
  row: {
    display: 'flex',
    gap: tokens.spacingHorizontalM,
    width: '100%',
    minWidth: 0,
    paddingInline: tokens.spacingHorizontalS,
  },
  words: { flexGrow: 1, minWidth: 0, display: 'flex', flexDirection: 'column' },
  top: { display: 'flex', alignItems: 'baseline', gap: tokens.spacingHorizontalS },
  cut: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', flexGrow: 1, minWidth: 0 },
  quiet: { color: tokens.colorNeutralForeground3, flexShrink: 0 },
  snippet: {
    display: '-webkit-box',
    WebkitLineClamp: 2,
    WebkitBoxOrient: 'vertical',
    overflow: 'hidden',
    overflowWrap: 'anywhere',
    color: tokens.colorNeutralForeground2,
  },
  mark: {
    backgroundColor: tokens.colorPaletteYellowBackground2,
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    '@media (forced-colors: active)': { backgroundColor: 'Mark', color: 'MarkText' },
  },
});

/** A message that was found: who wrote it where and when, and the words one looked for. */
export function SearchHitRow({ hit }: { readonly hit: SearchHit }) {
  const styles = useStyles();
  const { text, format } = useWords();
  const { conversations, self } = useWorkspace();
  const now = useNow();
  const nameOf = useNameOf();
  const live = conversations.get(hit.conversationId);
  const author = hit.author === self ? text.chat.own : nameOf(hit.author);
  const place = live === undefined ? '' : live.log.kind === 'direct' ? nameOf(live.partner) : titleOf(live);
  return (
    <div className={styles.row}>
      <PersonAvatar userId={hit.author} decorative />
      <div className={styles.words}>
        <div className={styles.top}>
          <Text className={styles.cut} weight="semibold">
            {place === '' || place === author ? author : `${author} · ${place}`}
          </Text>
          <Text size={200} className={styles.quiet}>
            {hit.seq === undefined ? text.messageSearch.pending : format.short(hit.at, now)}
          </Text>
        </div>
        <Text size={200} className={styles.snippet}>
          {snippetPieces(hit.snippet).map((piece) =>
            piece.isMarked ? (
              <mark key={piece.at} className={styles.mark}>
                {piece.text}
              </mark>
            ) : (
              <span key={piece.at}>{piece.text}</span>
            ),
          )}
        </Text>
      </div>
    </div>
  );
}
