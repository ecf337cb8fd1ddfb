import { makeStyles, Text, Tooltip, tokens } from '@fluentui/react-components';
import type { UserId } from '#web/api/index.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { useWords } from '#web/ui/text.ts';

/** Faces that are shown; the rest is counted. */
const mostFaces = 6;

const useStyles = makeStyles({
  row: {
    display: 'flex',
    justifyContent: 'flex-end',
    alignItems: 'center',
    gap: '2px',
    marginTop: '2px',
    color: tokens.colorNeutralForeground3,
  },
});

/** Who has read up to here. */
export function Readers({
  userIds,
  nameOf,
}: {
  readonly userIds: readonly UserId[];
  readonly nameOf: (userId: UserId) => string;
}) {
  const styles = useStyles();
  const { text, format } = useWords();
  const names = text.groups.readBy(format.list(userIds.map(nameOf)));
  return (
    <Tooltip content={names} relationship="label">
      <div className={styles.row} role="img">
        {userIds.slice(0, mostFaces).map((userId) => (
          <PersonAvatar key={userId} userId={userId} size={16} decorative plain />
        ))}
        {userIds.length > mostFaces && <Text size={100}>+{userIds.length - mostFaces}</Text>}
      </div>
    </Tooltip>
  );
}
