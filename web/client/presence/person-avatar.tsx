import { Avatar, type AvatarProps, makeStyles, mergeClasses } from '@fluentui/react-components';
import type { UserId } from '#web/api/index.ts';
import { useNow, usePerson, usePicture, usePresence } from '#web/client/app/hooks.ts';
import { useWords } from '#web/ui/text.ts';
import { badgeStatus, presenceLine } from './presence-words.ts';

const useStyles = makeStyles({
  stale: { opacity: 0.55, '@media (forced-colors: active)': { opacity: 1 } },
});

export interface PersonAvatarProps {
  readonly userId: UserId;
  readonly size?: AvatarProps['size'];
  /** Beside a name and a presence in words it would only be read twice. */
  readonly decorative?: boolean;
  /** Without the badge. */
  readonly plain?: boolean;
}

/** Picture or initials of a person with the badge of their presence. */
export function PersonAvatar({ userId, size = 36, decorative = false, plain = false }: PersonAvatarProps) {
  const styles = useStyles();
  const words = useWords();
  const now = useNow();
  const person = usePerson(userId);
  const presence = usePresence(userId);
  const picture = usePicture(userId, person?.pictureVersion ?? 0);
  const line = presenceLine(words, presence, now);
  return (
    <Avatar
      className={mergeClasses(presence?.stale && styles.stale)}
      size={size}
      name={person?.name ?? ''}
      color="colorful"
      idForColor={userId}
      image={picture === undefined ? undefined : { src: picture, alt: '' }}
      badge={presence && !plain ? { status: badgeStatus[presence.state], 'aria-label': line } : undefined}
      aria-hidden={decorative || undefined}
    />
  );
}
