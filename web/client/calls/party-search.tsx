import { Combobox, Field, makeStyles, Option } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import type { CallTarget } from '#shared/protocol/calls.ts';
import { UCError } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useWords } from '#web/ui/text.ts';

const pauseMs = 150;
const most = 6;

const useStyles = makeStyles({ box: { minWidth: 0, width: '100%' } });

interface Found {
  readonly key: string;
  readonly name: string;
  readonly detail: string;
  readonly target: CallTarget;
}

export interface PartySearchProps {
  readonly label: string;
  readonly hint?: string;
  readonly onChoose: (target: CallTarget) => void;
}

/** Finds whom to call by what one types: people of the company, contacts of its phone books; Enter takes a number as it is. */
export function PartySearch({ label, hint, onChoose }: PartySearchProps) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.liveCalls;
  const { client, self } = useWorkspace();
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<readonly Found[]>([]);
  const [failed, setFailed] = useState(false);
  const [isSearched, setSearched] = useState(false);
  const wanted = query.trim();

  useEffect(() => {
    setFailed(false);
    setSearched(false);
    if (wanted === '') {
      setFound([]);
      return;
    }
    let over = false;
    const timer = client.clock.after(pauseMs, async () => {
      try {
        const params = { query: wanted.slice(0, 100), limit: most };
        const [{ people }, { contacts }] = await Promise.all([
          client.call('directory.search', params),
          client.call('phoneBook.search', params),
        ]);
        if (over) return;
        const persons = people.filter(({ userId }) => userId !== self);
        setFound([
          ...persons.map(({ userId, name, department = '' }) => ({ key: userId, name, detail: department, target: { userId } })),
          ...contacts.flatMap(({ id, name, company = '', numbers }) =>
            numbers.map(({ number, shown }) => ({
              ...{ key: `${id} ${number}`, name, target: { number } },
              detail: [company, shown].filter((part) => part !== '').join(' · '),
            })),
          ),
        ]);
        setSearched(true);
      } catch (error) {
        if (!(error instanceof UCError)) throw error;
        if (!over) setFailed(true);
      }
    });
    return () => {
      over = true;
      timer.stop();
    };
  }, [client, self, wanted]);

  const choose = (target: CallTarget) => {
    setQuery('');
    onChoose(target);
  };
  const shownHint = failed ? words.searchFailed : isSearched && found.length === 0 ? words.nobody : hint;
  return (
    <Field label={label} {...(shownHint === undefined ? {} : { hint: shownHint })}>
      <Combobox
        className={styles.box}
        freeform
        value={query}
        selectedOptions={[]}
        input={{ maxLength: 64, inputMode: 'tel', autoComplete: 'off' }}
        onChange={({ target }) => setQuery(target.value)}
        onKeyDown={(event) => {
          const isOptionActive = event.currentTarget.getAttribute('aria-activedescendant') !== null;
          if (event.key !== 'Enter' || isOptionActive || wanted === '') return;
          event.preventDefault();
          choose({ number: wanted });
        }}
        onOptionSelect={(_, { optionValue }) => {
          const chosen = found.find(({ key }) => key === optionValue);
          if (chosen !== undefined) choose(chosen.target);
        }}
      >
        {found.map(({ key, name, detail }) => (
          <Option key={key} value={key} text={name}>
            {detail === '' ? name : `${name} · ${detail}`}
          </Option>
        ))}
      </Combobox>
    </Field>
  );
}
