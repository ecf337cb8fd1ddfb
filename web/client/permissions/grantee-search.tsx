import { Combobox, Field, makeStyles, Option } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { type Grantee, type PermissionLevel, type Person, UCError } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { sameGrantee, useGrantActions } from './grant-actions.ts';

const pauseMs = 150;
const most = 8;

const useStyles = makeStyles({ box: { minWidth: 0, width: '100%' } });

interface Choice {
  readonly key: string;
  readonly name: string;
  readonly kind: string;
  readonly to: Grantee;
}

/** Finds a person or group and gives them a level, to be changed in the list afterwards. */
export function GranteeSearch({
  taken,
  startLevel,
}: {
  readonly taken: readonly Grantee[];
  readonly startLevel: PermissionLevel;
}) {
  const styles = useStyles();
  const { text } = useWords();
  const { client, people, groups, self } = useWorkspace();
  const known = useStore(groups);
  const { grant } = useGrantActions();
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<readonly Person[]>([]);

  useEffect(() => {
    if (query.trim() === '') {
      setFound([]);
      return;
    }
    let over = false;
    const timer = setTimeout(async () => {
      try {
        const answer = await client.call('directory.search', { query: query.trim().slice(0, 100), limit: most });
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
  }, [client, people, query]);

  const wanted = query.trim().toLocaleLowerCase();
  const matching =
    known && known !== 'failed' && wanted !== '' ? known.filter(({ name }) => name.toLocaleLowerCase().includes(wanted)) : [];
  const choices: Choice[] = [
    ...matching.map(({ groupId, name }) => ({
      key: groupId,
      name,
      kind: text.permissions.group,
      to: { kind: 'group', groupId } as const,
    })),
    ...found.map(({ userId, name }) => ({
      key: userId,
      name,
      kind: text.permissions.person,
      to: { kind: 'user', userId } as const,
    })),
  ].filter(({ to }) => !taken.some((each) => sameGrantee(each, to)) && !(to.kind === 'user' && to.userId === self));

  return (
    <Field label={text.permissions.add}>
      <Combobox
        className={styles.box}
        freeform
        value={query}
        selectedOptions={[]}
        placeholder={text.permissions.addPlaceholder}
        onChange={(event) => setQuery(event.target.value)}
        onOptionSelect={(_, { optionValue }) => {
          const choice = choices.find(({ key }) => key === optionValue);
          if (!choice) return;
          grant(choice.to, startLevel, choice.name);
          setQuery('');
        }}
      >
        {choices.map(({ key, name, kind }) => (
          <Option key={key} value={key} text={name}>
            {`${name} (${kind})`}
          </Option>
        ))}
        {choices.length === 0 && wanted !== '' && (
          <Option key="none" value="" text="" disabled>
            {text.search.nothing(query.trim())}
          </Option>
        )}
      </Combobox>
    </Field>
  );
}
