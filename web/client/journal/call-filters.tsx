import { Button, Field, Input, makeStyles, SearchBox, Select, tokens } from '@fluentui/react-components';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { type CallFilter, everyCall, isEveryCall } from './call-filter.ts';

const kinds = ['all', 'missed', 'incoming', 'outgoing'] as const;

const useStyles = makeStyles({
  set: { border: 'none', margin: 0, padding: 0, minWidth: 0 },
  filters: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 150px), 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'end',
  },
  field: { minWidth: 0, width: '100%' },
  search: { width: '100%', maxWidth: 'none' },
});

/** Which calls are shown. */
export function CallFilters() {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.callList;
  const { journal } = useWorkspace();
  const filter = useStore(journal.filter);
  const { wrongDays } = useStore(journal.list);
  return (
    <fieldset className={styles.set} aria-label={words.filter}>
      <div className={styles.filters}>
        <SearchBox
          id="call-search"
          className={styles.search}
          aria-label={words.search}
          placeholder={words.search}
          dismiss={{ 'aria-label': text.search.clear }}
          value={filter.text}
          maxLength={100}
          onChange={(_, { value }) => journal.look({ text: value })}
        />
        <Field label={words.filter}>
          <Select value={filter.kind} onChange={(_, { value }) => journal.look({ kind: value as CallFilter['kind'] })}>
            {kinds.map((kind) => (
              <option key={kind} value={kind}>
                {words[kind]}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={words.from}>
          <Input
            type="date"
            className={styles.field}
            input={{ className: styles.field }}
            value={filter.from}
            onChange={(_, { value }) => journal.look({ from: value })}
          />
        </Field>
        <Field label={words.to} {...(wrongDays ? { validationMessage: words.wrongDays, validationState: 'error' } : {})}>
          <Input
            type="date"
            className={styles.field}
            input={{ className: styles.field }}
            value={filter.to}
            onChange={(_, { value }) => journal.look({ to: value })}
          />
        </Field>
        <Button disabled={isEveryCall(filter)} onClick={() => journal.look(everyCall)}>
          {words.clear}
        </Button>
      </div>
    </fieldset>
  );
}
