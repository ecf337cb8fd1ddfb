import type { PresenceBadgeProps } from '@fluentui/react-components';
import type { ActivityReason, ManualState, Presence, PresenceState } from '#web/api/index.ts';
import type { Words } from '#web/ui/text.ts';

/** The badge of a state; `undefined` presence is one that has not been told yet. */
export const badgeStatus: Readonly<Record<PresenceState, NonNullable<PresenceBadgeProps['status']>>> = {
  available: 'available',
  busy: 'busy',
  doNotDisturb: 'do-not-disturb',
  away: 'away',
  offline: 'offline',
  unknown: 'unknown',
};

export const manualStates: readonly ManualState[] = ['available', 'busy', 'doNotDisturb', 'away', 'offline'];

/** What a state set by hand is called; offline by hand is a wish to look so. */
export function manualWord({ text }: Words, state: ManualState): string {
  return state === 'offline' ? text.presence.appearOffline : text.presence.state[state];
}

/** Why somebody is what they are, for example "in a call with Ben Adler until 15:30". */
export function reasonWords({ text, format }: Words, { kind, with: partner, until }: ActivityReason, now: number): string {
  const { presence } = text;
  const activity = presence.activity[kind];
  const join = kind === 'appointment' ? presence.about : presence.with;
  const what = partner === undefined ? activity : join(activity, partner);
  return until === undefined ? what : presence.until(what, format.until(until, now));
}

/** The reasons worth telling others; that a state was set by hand only matters when it ends. */
export function toldReasons(presence: Presence): readonly ActivityReason[] {
  return (presence.activities ?? []).filter(({ kind, until }) => kind !== 'manual' || until !== undefined);
}

/** The whole presence in one line: state, reasons, and how far it can be trusted. */
export function presenceLine(words: Words, presence: Presence | undefined, now: number): string {
  const { text, format } = words;
  if (!presence) return text.presence.loading;
  const reasons = toldReasons(presence).map((reason) =>
    reason.kind === 'manual' && reason.until !== undefined
      ? text.presence.until('', format.until(reason.until, now)).trim()
      : reasonWords(words, reason, now),
  );
  const parts = [text.presence.state[presence.state], ...reasons];
  if (presence.state === 'offline' && presence.lastSeen !== undefined)
    parts.push(text.presence.lastSeen(format.ago(presence.lastSeen, now)));
  if (presence.stale) parts.push(text.presence.stale);
  return parts.join(' · ');
}
