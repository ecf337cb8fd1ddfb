import { Field, Input, makeStyles, Select, tokens } from '@fluentui/react-components';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useWords } from '#web/ui/text.ts';
import { type ChosenEnding, type Ending, endings, localDateTime, minuteMs } from './ending.ts';

const useStyles = makeStyles({ fields: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS } });

export interface EndingFieldProps {
  readonly label: string;
  readonly value: ChosenEnding;
  readonly onChange: (value: ChosenEnding) => void;
  readonly error: string | undefined;
}

/** Asks until when something holds. */
export function EndingField({ label, value, onChange, error }: EndingFieldProps) {
  const styles = useStyles();
  const { text } = useWords();
  const { client } = useWorkspace();
  const choose = (ending: Ending) =>
    onChange({
      ending,
      chosen: ending === 'chosen' && value.chosen === '' ? localDateTime(client.now() + 60 * minuteMs) : value.chosen,
    });
  return (
    <div className={styles.fields}>
      <Field label={label}>
        <Select value={value.ending} onChange={(_, { value: chosen }) => choose(chosen as Ending)}>
          {endings.map((each) => (
            <option key={each} value={each}>
              {text.presence.endings[each]}
            </option>
          ))}
        </Select>
      </Field>
      {value.ending === 'chosen' && (
        <Field label={text.presence.chosenTime} validationMessage={error}>
          <Input type="datetime-local" value={value.chosen} onChange={(_, { value: chosen }) => onChange({ ...value, chosen })} />
        </Field>
      )}
    </div>
  );
}
