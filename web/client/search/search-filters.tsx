import {
  Button,
  Combobox,
  Field,
  Input,
  makeStyles,
  Option,
  SearchBox,
  Select,
  Switch,
  tokens,
} from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { type ConversationId, type Person, UCError, type UserId } from '#web/api/index.ts';
import { useConversationChanges, useWorkspace } from '#web/client/app/hooks.ts';
import { titleOf } from '#web/client/groups/group-avatar.tsx';
import { useNameOf } from '#web/client/people/person-name.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { noCriteria, searchParams } from './search-criteria.ts';

const pauseMs = 150;
const mostPeople = 8;

const useStyles = makeStyles({
  words: { width: '100%', maxWidth: 'none' },
  set: { border: 'none', margin: 0, padding: 0, minWidth: 0 },
  filters: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 180px), 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'end',
  },
  box: { minWidth: 0, width: '100%' },
  field: { minWidth: 0, width: '100%' },
});

/** What one looks for: words, and what narrows the search. */
export function SearchFilters() {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.messageSearch;
  const { messageSearch, conversations } = useWorkspace();
  const nameOf = useNameOf();
  const criteria = useStore(messageSearch.criteria);
  const { wrong } = useStore(messageSearch.results);
  useConversationChanges();
  const problem = (what: typeof wrong) =>
    wrong === what && wrong !== undefined
      ? ({ validationMessage: words[wrong], validationState: 'error' } as const)
      : ({ validationState: 'none' } as const);
  return (
    <>
      <Field {...problem('badWords')}>
        <SearchBox
          id="message-search"
          className={styles.words}
          aria-label={words.words}
          placeholder={words.wordsPlaceholder}
          dismiss={{ 'aria-label': text.search.clear }}
          value={criteria.words}
          maxLength={200}
          onChange={(_, { value }) => messageSearch.look({ words: value })}
        />
      </Field>
      <fieldset className={styles.set} aria-label={words.filters}>
        <div className={styles.filters}>
          <AuthorField />
          <Field label={words.conversation}>
            <Select
              value={criteria.conversationId ?? ''}
              onChange={(_, { value }) =>
                messageSearch.look({ conversationId: value === '' ? undefined : (value as ConversationId) })
              }
            >
              <option value="">{words.anywhere}</option>
              {conversations.list.map((live) => (
                <option key={live.id} value={live.id}>
                  {live.log.kind === 'direct' ? nameOf(live.partner) : titleOf(live)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={words.from}>
            <Input type="date" value={criteria.from} onChange={(_, { value }) => messageSearch.look({ from: value })} />
          </Field>
          <Field label={words.to} {...problem('wrongDays')}>
            <Input type="date" value={criteria.to} onChange={(_, { value }) => messageSearch.look({ to: value })} />
          </Field>
          <Switch
            checked={criteria.hasFile}
            label={words.hasFile}
            onChange={(_, { checked }) => messageSearch.look({ hasFile: checked })}
          />
          <Button disabled={searchParams(criteria) === undefined} onClick={() => messageSearch.look(noCriteria)}>
            {words.clear}
          </Button>
        </div>
      </fieldset>
    </>
  );
}

/** Finds the person whose messages one looks for. */
function AuthorField() {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.messageSearch;
  const { client, people, messageSearch } = useWorkspace();
  const nameOf = useNameOf();
  const { author } = useStore(messageSearch.criteria);
  const [query, setQuery] = useState<string>();
  const [found, setFound] = useState<readonly Person[]>([]);
  const wanted = query?.trim() ?? '';

  useEffect(() => {
    if (wanted === '') {
      setFound([]);
      return;
    }
    let over = false;
    const timer = setTimeout(async () => {
      try {
        const answer = await client.call('directory.search', { query: wanted.slice(0, 100), limit: mostPeople });
        people.learn(answer.people);
        if (!over) setFound(answer.people);
      } catch (error) {
        if (!(error instanceof UCError)) throw error;
        if (!over) setFound([]);
      }
    }, pauseMs);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [client, people, wanted]);

  const choose = (userId: UserId | undefined) => {
    setQuery(undefined);
    messageSearch.look({ author: userId });
  };
  return (
    <Field label={words.author}>
      <Combobox
        className={styles.box}
        input={{ className: styles.field }}
        freeform
        placeholder={words.anybody}
        value={query ?? (author === undefined ? '' : nameOf(author))}
        selectedOptions={author === undefined ? [] : [author]}
        onChange={(event) => {
          setQuery(event.target.value);
          if (event.target.value === '') choose(undefined);
        }}
        onBlur={() => setQuery(undefined)}
        onOptionSelect={(_, { optionValue }) => choose((optionValue || undefined) as UserId | undefined)}
      >
        <Option value="" text="">
          {words.anybody}
        </Option>
        {found.map(({ userId, name }) => (
          <Option key={userId} value={userId} text={name}>
            {name}
          </Option>
        ))}
      </Combobox>
    </Field>
  );
}
