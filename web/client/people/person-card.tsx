import {
  Button,
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Link,
  makeStyles,
  mergeClasses,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components';
import { ArrowLeftRegular } from '@fluentui/react-icons/svg/arrow-left';
import { ChatRegular } from '@fluentui/react-icons/svg/chat';
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss';
import { PersonClockRegular } from '@fluentui/react-icons/svg/person-clock';
import { PersonProhibitedRegular } from '@fluentui/react-icons/svg/person-prohibited';
import { StarFilled, StarRegular } from '@fluentui/react-icons/svg/star';
import { useState } from 'react';
import type { ManualState, PermissionLevel, Person, UserId } from '#web/api/index.ts';
import { useNow, usePerson, usePresence, useWorkspace } from '#web/client/app/hooks.ts';
import { go, goBack } from '#web/client/app/route.ts';
import { useContactActions } from '#web/client/contacts/contact-actions.ts';
import { useGrantActions } from '#web/client/permissions/grant-actions.ts';
import { levels, mayDo } from '#web/client/permissions/rights.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { PresenceForm } from '#web/client/presence/presence-form.tsx';
import { manualStates, reasonWords, toldReasons } from '#web/client/presence/presence-words.ts';
import { Empty, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';

const useStyles = makeStyles({
  root: {
    height: '100%',
    overflowY: 'auto',
    boxSizing: 'border-box',
    padding: tokens.spacingHorizontalXL,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  bar: { display: 'flex', justifyContent: 'flex-end', marginBottom: tokens.spacingVerticalS },
  barBack: { justifyContent: 'flex-start' },
  centre: { display: 'flex', flexDirection: 'column', alignItems: 'center', textAlign: 'center', gap: tokens.spacingVerticalS },
  column: { maxWidth: '520px', marginInline: 'auto', display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
  name: {
    margin: 0,
    fontSize: tokens.fontSizeBase500,
    lineHeight: tokens.lineHeightBase500,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  note: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground3,
    overflowWrap: 'anywhere',
    whiteSpace: 'pre-wrap',
  },
  actions: { display: 'flex', flexWrap: 'wrap', justifyContent: 'center', gap: tokens.spacingHorizontalS },
  list: {
    margin: 0,
    display: 'grid',
    gridTemplateColumns: 'minmax(90px, auto) 1fr',
    rowGap: tokens.spacingVerticalS,
    columnGap: tokens.spacingHorizontalM,
  },
  term: { color: tokens.colorNeutralForeground3 },
  detail: { margin: 0, overflowWrap: 'anywhere' },
});

export interface PersonCardProps {
  readonly userId: UserId;
  /** Beside a chat it can be closed; alone it leads back. */
  readonly place: 'beside' | 'alone';
  readonly onClose?: () => void;
}

/** Everything one may see of a person, and everything one may do. */
export function PersonCard({ userId, place, onClose }: PersonCardProps) {
  const styles = useStyles();
  const { text } = useWords();
  const person = usePerson(userId);
  return (
    <section className={styles.root} aria-label={text.card.title(person?.name ?? '')}>
      <div className={mergeClasses(styles.bar, place === 'alone' && styles.barBack)}>
        {place === 'alone' ? (
          <Button appearance="subtle" icon={<ArrowLeftRegular />} onClick={goBack}>
            {text.app.back}
          </Button>
        ) : (
          <Button appearance="subtle" size="small" icon={<DismissRegular />} aria-label={text.chat.hideCard} onClick={onClose} />
        )}
      </div>
      {person === undefined && <Loading />}
      {person === null && <Empty icon={<PersonProhibitedRegular />} title={text.card.nobody} hint={text.card.nobodyHint} />}
      {person && <Card person={person} alone={place === 'alone'} />}
    </section>
  );
}

function Card({ person, alone }: { readonly person: Person; readonly alone: boolean }) {
  const styles = useStyles();
  const words = useWords();
  const { text, format } = words;
  const { self } = useWorkspace();
  const now = useNow();
  const { userId, name } = person;
  const presence = usePresence(userId);
  const contacts = useContactActions();
  const [setting, setSetting] = useState(false);
  const favourite = contacts.isFavourite(userId);
  const reasons = presence ? toldReasons(presence).map((reason) => reasonWords(words, reason, now)) : [];
  const Name = alone ? 'h1' : 'h2';
  return (
    <div className={styles.column}>
      <div className={styles.centre}>
        <PersonAvatar userId={userId} size={96} decorative />
        <Name className={styles.name}>{name}</Name>
        {(person.title ?? person.department) && (
          <Text className={styles.quiet}>{[person.title, person.department].filter(Boolean).join(' · ')}</Text>
        )}
        <Text>{presence ? text.presence.state[presence.state] : text.presence.loading}</Text>
        {reasons.length > 0 && <Text className={styles.quiet}>{format.list(reasons)}</Text>}
        {presence?.state === 'offline' && presence.lastSeen !== undefined && (
          <Text className={styles.quiet}>{text.presence.lastSeen(format.ago(presence.lastSeen, now))}</Text>
        )}
        {presence?.stale && <Text className={styles.quiet}>{text.presence.staleHint}</Text>}
      </div>
      {presence?.note && (
        <Text className={styles.note}>
          {presence.note.text}
          {presence.note.until !== undefined && (
            <Text size={200}> · {text.presence.until('', format.until(presence.note.until, now)).trim()}</Text>
          )}
        </Text>
      )}
      <div className={styles.actions}>
        {alone && mayDo(person.level, 'chat') && (
          <Button appearance="primary" icon={<ChatRegular />} onClick={() => go({ view: 'chat', userId })}>
            {text.contacts.chat}
          </Button>
        )}
        {userId !== self && (
          <Button
            icon={favourite ? <StarFilled /> : <StarRegular />}
            onClick={() => (favourite ? contacts.removeFavourite(userId) : contacts.addFavourite(userId))}
          >
            {favourite ? text.contacts.removeFavourite : text.contacts.addFavourite}
          </Button>
        )}
        {userId !== self && mayDo(person.level, 'setPresence') && (
          <Button icon={<PersonClockRegular />} onClick={() => setSetting(true)}>
            {text.presence.setOf(name)}
          </Button>
        )}
      </div>
      <Details person={person} />
      {userId !== self && <TheirLevel userId={userId} name={name} />}
      {setting && (
        <Dialog open onOpenChange={(_, { open }) => setSetting(open)}>
          <DialogSurface aria-describedby={undefined}>
            <DialogBody>
              <DialogTitle>{text.presence.setOf(name)}</DialogTitle>
              <DialogContent>
                <PresenceForm
                  userId={userId}
                  label={text.presence.stateOf(name)}
                  state={presence?.activities?.some(({ kind }) => kind === 'manual') ? manualOf(presence.state) : null}
                  until={presence?.activities?.find(({ kind }) => kind === 'manual')?.until}
                  note={presence?.note}
                  onSaved={() => setSetting(false)}
                  onCancel={() => setSetting(false)}
                />
              </DialogContent>
            </DialogBody>
          </DialogSurface>
        </Dialog>
      )}
    </div>
  );
}

function manualOf(state: string): ManualState | null {
  return manualStates.find((each) => each === state) ?? null;
}

/** What the server left out may not be seen, so it is not shown as missing. */
function Details({ person }: { readonly person: Person }) {
  const styles = useStyles();
  const { text } = useWords();
  const presence = usePresence(person.userId);
  const { card } = text;
  const phone = (number: string | undefined) => number && <Link href={`tel:${number.replaceAll(/[^+\d]/g, '')}`}>{number}</Link>;
  const details: readonly (readonly [string, React.ReactNode])[] = [
    [card.email, person.email && <Link href={`mailto:${encodeURIComponent(person.email)}`}>{person.email}</Link>],
    [card.workPhone, phone(person.workPhone)],
    [card.mobile, phone(person.mobile)],
    [card.privatePhone, phone(person.privatePhone)],
    [card.office, person.office],
    [card.address, person.address],
    [card.company, person.company],
    [card.devices, presence?.devices?.map((device) => card.device[device]).join(', ')],
    [card.yourLevel, text.permissions.level[person.level]],
  ];
  return (
    <dl className={styles.list}>
      {details
        .filter(([, detail]) => detail)
        .map(([term, detail]) => (
          <Row key={term} term={term} detail={detail} />
        ))}
    </dl>
  );
}

function Row({ term, detail }: { readonly term: string; readonly detail: React.ReactNode }) {
  const styles = useStyles();
  return (
    <>
      <dt className={styles.term}>{term}</dt>
      <dd className={styles.detail}>{detail}</dd>
    </>
  );
}

/** The grant this user made to the person of the card. */
function TheirLevel({ userId, name }: { readonly userId: UserId; readonly name: string }) {
  const { text } = useWords();
  const { grants } = useWorkspace();
  const known = useStore(grants);
  const { grant } = useGrantActions();
  if (known === undefined || known === 'failed') return null;
  const own = known.grants.find(({ to }) => to.kind === 'user' && to.userId === userId)?.level;
  return (
    <Field label={text.card.theirLevel(name)} hint={text.permissions.about[own ?? known.companyDefault]}>
      <Select
        value={own ?? ''}
        onChange={(_, { value }) => grant({ kind: 'user', userId }, value === '' ? null : (value as PermissionLevel), name)}
      >
        <option value="">{text.card.asCompany(text.permissions.level[known.companyDefault])}</option>
        {levels.map((level) => (
          <option key={level} value={level}>
            {text.permissions.level[level]}
          </option>
        ))}
      </Select>
    </Field>
  );
}
