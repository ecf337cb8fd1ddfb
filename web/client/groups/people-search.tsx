import { Combobox, Field, makeStyles, Option } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { type GroupId, type Person, UCError, type UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { PeoplePages } from '#web/client/contacts/people-pages.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';

const pauseMs = 150;
const most = 8;

const useStyles = makeStyles({ box: { minWidth: 0, width: '100%' } });

export interface PeopleSearchProps {
  /** Those who cannot be chosen, because they are. */
  readonly taken: ReadonlySet<UserId>;
  readonly onChoose: (userIds: readonly UserId[]) => void;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
}

/** Finds people, or all people of a department, by what one types. */
export function PeopleSearch({ taken, onChoose, error, hint }: PeopleSearchProps) {
  const styles = useStyles();
  const { text } = useWords();
  const { client, people, groups: departments } = useWorkspace();
  const known = useStore(departments);
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<readonly Person[]>([]);
  const [failed, setFailed] = useState(false);
  const wanted = query.trim();

  useEffect(() => {
    setFailed(false);
    if (wanted === '') {
      setFound([]);
      return;
    }
    let over = false;
    const timer = setTimeout(async () => {
      try {
        const answer = await client.call('directory.search', { query: wanted.slice(0, 100), limit: most });
        people.learn(answer.people);
        if (!over) setFound(answer.people);
      } catch (thrown) {
        if (!(thrown instanceof UCError)) throw thrown;
        if (!over) setFailed(true);
      }
    }, pauseMs);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [client, people, wanted]);

  const persons = found.filter(({ userId }) => !taken.has(userId));
  const folded = wanted.toLocaleLowerCase();
  const matching =
    known && known !== 'failed' && folded !== '' ? known.filter(({ name }) => name.toLocaleLowerCase().includes(folded)) : [];

  const chooseDepartment = async (groupId: GroupId) => {
    const pages = new PeoplePages(client, people, groupId);
    while (pages.store.value.more && pages.store.value.state !== 'failed') await pages.loadMore();
    if (pages.store.value.state === 'failed') setFailed(true);
    else onChoose(pages.store.value.userIds.filter((userId) => !taken.has(userId)));
  };

  const message = failed ? text.search.failed : error;
  return (
    <Field
      label={text.groups.people}
      required
      hint={hint}
      validationMessage={message}
      validationState={message === undefined ? 'none' : 'error'}
    >
      <Combobox
        className={styles.box}
        freeform
        value={query}
        selectedOptions={[]}
        placeholder={text.groups.addPlaceholder}
        onChange={(event) => setQuery(event.target.value)}
        onOptionSelect={(_, { optionValue }) => {
          const person = persons.find(({ userId }) => userId === optionValue);
          const department = matching.find(({ groupId }) => groupId === optionValue);
          if (person) onChoose([person.userId]);
          else if (department) void chooseDepartment(department.groupId);
          setQuery('');
        }}
      >
        {persons.map(({ userId, name, department }) => (
          <Option key={userId} value={userId} text={name}>
            {department ? `${name} · ${department}` : name}
          </Option>
        ))}
        {matching.map(({ groupId, name, memberCount }) => (
          <Option key={groupId} value={groupId} text={name}>
            {`${name} (${text.groups.department(memberCount)})`}
          </Option>
        ))}
        {persons.length === 0 && matching.length === 0 && wanted !== '' && (
          <Option key="none" value="" text="" disabled>
            {text.search.nothing(wanted)}
          </Option>
        )}
      </Combobox>
    </Field>
  );
}
