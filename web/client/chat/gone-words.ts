import type { ChatLog, ShownMessage } from '#web/api/index.ts';
import type { Words } from '#web/ui/text.ts';

/** What stands where the text of a message is gone: its author took it back, or it is older than the company keeps texts. */
export function goneWords({ seq }: Pick<ShownMessage, 'seq'>, { emptiedUpTo }: ChatLog, { chat }: Words['text']): string {
  return seq !== undefined && seq <= emptiedUpTo ? chat.notKept : chat.takenBack;
}
