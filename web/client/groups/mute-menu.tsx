import { Button, Menu, MenuDivider, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components';
import { AlertRegular } from '@fluentui/react-icons/svg/alert';
import { AlertOffRegular } from '@fluentui/react-icons/svg/alert-off';
import type { LiveConversation } from '#web/api/index.ts';
import { useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { isMuted, mutedForGood, tomorrowMorning } from './muting.ts';

const hourMs = 3_600_000;

/** Turns notices of a conversation off for a while, and on again. */
export function MuteMenu({ live }: { readonly live: LiveConversation }) {
  const { text, format } = useWords();
  const { client } = useWorkspace();
  const notices = useNotices();
  const now = useNow();
  const { mutedUntil } = live.log;
  const muted = isMuted(mutedUntil, now);
  const mute = (until: number | undefined) =>
    void live.mute(until).catch((error: unknown) => notices.failed(text.groups.actionsFailed, error));
  const { groups } = text;
  const label = !muted
    ? groups.mute
    : mutedUntil === mutedForGood
      ? groups.mutedForGood
      : groups.mutedUntil(format.until(mutedUntil ?? 0, now));
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Tooltip content={label} relationship="label">
          <Button appearance="subtle" icon={muted ? <AlertOffRegular /> : <AlertRegular />} />
        </Tooltip>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={() => mute(client.now() + hourMs)}>{groups.muteHour}</MenuItem>
          <MenuItem onClick={() => mute(tomorrowMorning(client.now()))}>{groups.muteTomorrow}</MenuItem>
          <MenuItem onClick={() => mute(mutedForGood)}>{groups.muteForGood}</MenuItem>
          {muted && <MenuDivider />}
          {muted && <MenuItem onClick={() => mute(undefined)}>{groups.unmute}</MenuItem>}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
