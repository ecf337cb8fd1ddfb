import type { Dialled } from './dialled-number.ts';
import { type ClassOfService, type Reach, reaches, type Site } from './plan-schema.ts';

/** What is known of the caller when a call is to begin. */
export interface Caller {
  readonly classOfService: ClassOfService;
  readonly site: Site;
  /** Calls of the caller that have not ended, and those of them to premium numbers. */
  readonly calls: number;
  readonly premiumCalls: number;
}

export interface CallLimits {
  readonly callsPerUser: number;
  readonly premiumCallsPerUser: number;
}

export type Refusal =
  | { readonly reason: 'number'; readonly problem: Extract<Dialled, { kind: 'invalid' }>['reason'] }
  /** `allowed`: the farthest that may be called. */
  | { readonly reason: 'classOfService'; readonly allowed: ClassOfService }
  | { readonly reason: 'nightLock'; readonly allowed: ClassOfService; readonly until: string }
  | { readonly reason: 'tooManyCalls' | 'tooManyPremiumCalls'; readonly limit: number };

/** @returns why this may not be called now; undefined: it may. Emergency calls always may. */
export function whyRefused(dialled: Dialled, caller: Caller, limits: CallLimits, now: number): Refusal | undefined {
  if (dialled.kind === 'emergency') return undefined;
  if (dialled.kind === 'invalid') return { reason: 'number', problem: dialled.reason };
  const reach: Reach = dialled.kind === 'external' ? dialled.reach : 'internal';
  if (isBeyond(reach, caller.classOfService)) return { reason: 'classOfService', allowed: caller.classOfService };
  const lock = caller.site.nightLock;
  if (lock !== undefined && isBeyond(reach, lock.allows) && isNightLocked(caller.site, now)) {
    return { reason: 'nightLock', allowed: lock.allows, until: lock.to };
  }
  if (caller.calls >= limits.callsPerUser) return { reason: 'tooManyCalls', limit: limits.callsPerUser };
  if (reach === 'premium' && caller.premiumCalls >= limits.premiumCallsPerUser) {
    return { reason: 'tooManyPremiumCalls', limit: limits.premiumCallsPerUser };
  }
  return undefined;
}

/** Whether the night lock of a site is on, by the clock of the site. @param now milliseconds since 1970 */
export function isNightLocked({ nightLock, timeZone }: Site, now: number): boolean {
  if (nightLock === undefined) return false;
  const { weekday, time } = localTime(now, timeZone);
  if (nightLock.weekend && (weekday === 'Sat' || weekday === 'Sun')) return true;
  const { from, to } = nightLock;
  return from < to ? time >= from && time < to : time >= from || time < to;
}

function isBeyond(reach: Reach, allowed: ClassOfService): boolean {
  return reaches.indexOf(reach) > reaches.indexOf(allowed);
}

/** `time` as 00:00 to 23:59, so that times compare as text. */
function localTime(now: number, timeZone: string): { weekday: string; time: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  return { weekday: part('weekday'), time: `${part('hour')}:${part('minute')}` };
}
