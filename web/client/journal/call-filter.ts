import type { ParamsIn } from '#web/api/index.ts';

/** Which calls are shown. Days are `YYYY-MM-DD`, empty: no bound. */
export interface CallFilter {
  readonly kind: 'all' | 'missed' | 'incoming' | 'outgoing';
  readonly text: string;
  readonly from: string;
  readonly to: string;
}

export const everyCall: CallFilter = { kind: 'all', text: '', from: '', to: '' };

const dayMs = 86_400_000;

/** What the server is asked for; `wrongDays` when the days are the wrong way round. */
export function filterParams({ kind, text, from, to }: CallFilter): ParamsIn<'journal.list'> | 'wrongDays' {
  const wanted = text.trim();
  const first = startOf(from);
  const last = startOf(to);
  if (first !== undefined && last !== undefined && last < first) return 'wrongDays';
  return {
    ...(kind === 'missed' ? { missed: true as const } : {}),
    ...(kind === 'incoming' || kind === 'outgoing' ? { direction: kind } : {}),
    ...(wanted === '' ? {} : { text: wanted }),
    ...(first === undefined ? {} : { from: first }),
    ...(last === undefined ? {} : { to: endOf(last) }),
  };
}

export function isEveryCall(filter: CallFilter): boolean {
  return filter.kind === 'all' && filter.text.trim() === '' && filter.from === '' && filter.to === '';
}

function startOf(day: string): number | undefined {
  const at = new Date(`${day}T00:00`).getTime();
  return Number.isNaN(at) ? undefined : Math.max(0, at);
}

/** Days may have 23 or 25 hours. */
function endOf(start: number): number {
  return new Date(start + dayMs + dayMs / 2).setHours(0, 0, 0, 0) - 1;
}
