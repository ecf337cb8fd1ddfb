import { Button, makeStyles, Select, Text, Tooltip, tokens } from '@fluentui/react-components';
import { DeleteRegular } from '@fluentui/react-icons/svg/delete';
import { PeopleTeamRegular } from '@fluentui/react-icons/svg/people-team';
import type { Grantee, PermissionLevel } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { goBack } from '#web/client/app/route.ts';
import type { Grants } from '#web/client/app/workspace.ts';
import { usePersonName } from '#web/client/people/person-name.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { Page, PagePart } from '#web/ui/page.tsx';
import { Failed, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { useGrantActions } from './grant-actions.ts';
import { GranteeSearch } from './grantee-search.tsx';
import { levels } from './rights.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  row: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM, flexWrap: 'wrap' },
  name: { flexGrow: 1, flexBasis: '120px', minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis' },
  controls: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
  group: { fontSize: '24px', width: '36px', display: 'flex', justifyContent: 'center' },
  quiet: { color: tokens.colorNeutralForeground3 },
  level: {
    margin: 0,
    display: 'grid',
    gridTemplateColumns: 'auto 1fr',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalS,
  },
  about: { margin: 0, color: tokens.colorNeutralForeground2 },
});

/** The grants one has made: who sees more, or less, than everybody. */
export function PermissionsPage() {
  const { text } = useWords();
  const { grants } = useWorkspace();
  const known = useStore(grants);
  return (
    <Page title={text.permissions.title} lead={text.permissions.lead} onBack={goBack}>
      {known === undefined && <Loading />}
      {known === 'failed' && <Failed title={text.permissions.failed} />}
      {known && known !== 'failed' && <GrantList grants={known} />}
      <Levels />
    </Page>
  );
}

function GrantList({ grants: { companyDefault, grants } }: { readonly grants: Grants }) {
  const styles = useStyles();
  const { text } = useWords();
  const { permissions } = text;
  return (
    <PagePart title={permissions.grants}>
      <div className={styles.row}>
        <span className={styles.group} aria-hidden>
          <PeopleTeamRegular />
        </span>
        <Text className={styles.name}>
          {permissions.everybody}
          <br />
          <Text size={200} className={styles.quiet}>
            {permissions.everybodyHint}
          </Text>
        </Text>
        <Text weight="semibold">{permissions.level[companyDefault]}</Text>
      </div>
      {grants.length === 0 && (
        <Text className={styles.quiet}>
          {permissions.none}. {permissions.noneHint}
        </Text>
      )}
      <ul className={styles.list}>
        {grants.map(({ to, level }) =>
          to.kind === 'user' ? (
            <PersonGrant key={to.userId} to={to} level={level} />
          ) : (
            <GroupGrant key={to.groupId} to={to} level={level} />
          ),
        )}
      </ul>
      <GranteeSearch taken={grants.map(({ to }) => to)} startLevel={companyDefault} />
    </PagePart>
  );
}

function PersonGrant({ to, level }: { readonly to: Grantee & { kind: 'user' }; readonly level: PermissionLevel }) {
  const name = usePersonName(to.userId);
  return <GrantRow to={to} level={level} name={name} icon={<PersonAvatar userId={to.userId} decorative />} />;
}

function GroupGrant({ to, level }: { readonly to: Grantee & { kind: 'group' }; readonly level: PermissionLevel }) {
  const { text } = useWords();
  const { groups } = useWorkspace();
  const known = useStore(groups);
  const name = known && known !== 'failed' ? known.find(({ groupId }) => groupId === to.groupId)?.name : undefined;
  return <GrantRow to={to} level={level} name={name ?? text.permissions.group} icon={<PeopleTeamRegular />} />;
}

interface GrantRowProps {
  readonly to: Grantee;
  readonly level: PermissionLevel;
  readonly name: string;
  readonly icon: React.ReactNode;
}

function GrantRow({ to, level, name, icon }: GrantRowProps) {
  const styles = useStyles();
  const { text } = useWords();
  const { grant } = useGrantActions();
  return (
    <li className={styles.row}>
      <span className={styles.group} aria-hidden>
        {icon}
      </span>
      <Text className={styles.name}>{name}</Text>
      <div className={styles.controls}>
        <Select
          value={level}
          aria-label={text.permissions.levelOf(name)}
          onChange={(_, { value }) => grant(to, value as PermissionLevel, name)}
        >
          {levels.map((each) => (
            <option key={each} value={each}>
              {text.permissions.level[each]}
            </option>
          ))}
        </Select>
        <Tooltip content={text.permissions.remove(name)} relationship="label">
          <Button appearance="subtle" icon={<DeleteRegular />} onClick={() => grant(to, null, name)} />
        </Tooltip>
      </div>
    </li>
  );
}

function Levels() {
  const styles = useStyles();
  const { text } = useWords();
  return (
    <PagePart title={text.permissions.levels}>
      <dl className={styles.level}>
        {levels.map((level) => [
          <dt key={level}>
            <Text weight="semibold">{text.permissions.level[level]}</Text>
          </dt>,
          <dd key={`${level}-about`} className={styles.about}>
            {text.permissions.about[level]}
          </dd>,
        ])}
      </dl>
    </PagePart>
  );
}
