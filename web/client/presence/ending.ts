/** When something set by hand ends, as a person chooses it. */
export type Ending = 'never' | 'halfHour' | 'hour' | 'twoHours' | 'today' | 'chosen';

export const endings: readonly Ending[] = ['never', 'halfHour', 'hour', 'twoHours', 'today', 'chosen'];

export interface ChosenEnding {
  readonly ending: Ending;
  /** Local date and time as the browser's field writes it; only for `chosen`. */
  readonly chosen: string;
}

export const noEnding: ChosenEnding = { ending: 'never', chosen: '' };

export const minuteMs = 60_000;

/**
 * The moment of a chosen ending in milliseconds since 1970; `undefined` for none.
 *
 * @throws RangeError when it is not ahead.
 */
export function endOf({ ending, chosen }: ChosenEnding, now: number): number | undefined {
  if (ending === 'never') return undefined;
  if (ending === 'halfHour') return now + 30 * minuteMs;
  if (ending === 'hour') return now + 60 * minuteMs;
  if (ending === 'twoHours') return now + 120 * minuteMs;
  if (ending === 'today') return new Date(now).setHours(23, 59, 59, 0);
  const at = new Date(chosen).getTime();
  if (Number.isNaN(at) || at <= now) throw new RangeError('The chosen time is not ahead');
  return at;
}

/** The chosen ending that stands for a known moment. */
export function endingAt(until: number | undefined): ChosenEnding {
  return until === undefined ? noEnding : { ending: 'chosen', chosen: localDateTime(until) };
}

/** A moment as the browser's field for date and time writes it, in the time of this device. */
export function localDateTime(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
