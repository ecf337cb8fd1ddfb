import { makeStyles, mergeClasses, ToggleButton, Tooltip, tokens } from '@fluentui/react-components';
import type { Reaction, UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useWords } from '#web/ui/text.ts';
import { emojiName } from './emojis.ts';

/** Names that are told one by one; the rest is counted. */
const mostNames = 12;

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS, marginTop: '2px' },
  chip: {
    minWidth: 'unset',
    height: '24px',
    padding: `0 ${tokens.spacingHorizontalSNudge}`,
    borderRadius: tokens.borderRadiusCircular,
    fontWeight: tokens.fontWeightRegular,
  },
  pending: {
    borderTopStyle: 'dashed',
    borderRightStyle: 'dashed',
    borderBottomStyle: 'dashed',
    borderLeftStyle: 'dashed',
  },
});

export interface ReactionsProps {
  readonly reactions: readonly Reaction[];
  readonly nameOf: (userId: UserId) => string;
  /** `undefined`: one may only look. */
  readonly onReact: ((emoji: string, on: boolean) => void) | undefined;
}

/** What people said to a message with one character each; pressing one adds or takes back one's own. */
export function Reactions({ reactions, nameOf, onReact }: ReactionsProps) {
  const styles = useStyles();
  const { text, format, language } = useWords();
  const { self } = useWorkspace();
  return (
    <div className={styles.row}>
      {reactions.map(({ emoji, users, isPending }) => {
        const own = users.includes(self);
        const names = users.map((userId) => (userId === self ? text.chat.own : nameOf(userId)));
        const told =
          names.length > mostNames ? [...names.slice(0, mostNames), text.groups.others(names.length - mostNames)] : names;
        // What is to be read on it is part of its name.
        const given = `${users.length} ${text.chat.reaction(emojiName(emoji, language), format.list(told))}`;
        const what = isPending ? text.chat.reactions.pending(given) : given;
        const label = own ? text.chat.reactions.yours(what) : text.chat.reactions.addYours(what);
        return (
          <Tooltip key={emoji} content={onReact ? label : what} relationship="label" positioning="below">
            <ToggleButton
              size="small"
              className={mergeClasses(styles.chip, isPending && styles.pending)}
              checked={own}
              disabledFocusable={onReact === undefined}
              onClick={() => onReact?.(emoji, !own)}
            >
              {emoji} {users.length}
            </ToggleButton>
          </Tooltip>
        );
      })}
    </div>
  );
}
