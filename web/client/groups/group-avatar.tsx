import { Avatar, type AvatarProps } from '@fluentui/react-components';
import { BuildingPeopleRegular } from '@fluentui/react-icons/svg/building-people';
import { MegaphoneRegular } from '@fluentui/react-icons/svg/megaphone';
import { PeopleTeamRegular } from '@fluentui/react-icons/svg/people-team';
import type { ReactElement } from 'react';
import type { ConversationKind, LiveConversation } from '#web/api/index.ts';

const icons: Readonly<Record<Exclude<ConversationKind, 'direct'>, ReactElement>> = {
  group: <PeopleTeamRegular />,
  channel: <MegaphoneRegular />,
  department: <BuildingPeopleRegular />,
};

/** What a group is called. */
export function titleOf({ log }: Pick<LiveConversation, 'log'>): string {
  return log.title ?? '';
}

/** What kind of conversation it is, in the colour of this one; beside its name. */
export function GroupAvatar({ live, size = 36 }: { readonly live: LiveConversation; readonly size?: AvatarProps['size'] }) {
  const { kind } = live.log;
  return (
    <Avatar
      size={size}
      shape="square"
      color="colorful"
      idForColor={live.id}
      icon={kind === 'direct' ? undefined : icons[kind]}
      aria-hidden
    />
  );
}
