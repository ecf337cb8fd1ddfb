import { Button, Tooltip } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons/svg/search';
import type { ConversationId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { go } from '#web/client/app/route.ts';
import { useWords } from '#web/ui/text.ts';
import { noCriteria } from './search-criteria.ts';

/** Looks for messages of one conversation. */
export function SearchButton({ conversationId }: { readonly conversationId: ConversationId | undefined }) {
  const { text } = useWords();
  const { messageSearch } = useWorkspace();
  const search = () => {
    messageSearch.look({ ...noCriteria, conversationId });
    go({ view: 'search' });
  };
  return (
    <Tooltip content={text.messageSearch.here} relationship="label">
      <Button appearance="subtle" icon={<SearchRegular />} disabled={conversationId === undefined} onClick={search} />
    </Tooltip>
  );
}
