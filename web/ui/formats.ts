const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** Dates, times and amounts as people read them, in a language and time zone. Times are milliseconds since 1970. */
export class Formats {
  readonly #time: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #dayAndYear: Intl.DateTimeFormat;
  readonly #shortDay: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #list: Intl.ListFormat;
  readonly #collator: Intl.Collator;
  readonly #language: string;

  constructor(language: string, timeZone?: string) {
    this.#language = language;
    const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, { timeZone, ...options });
    this.#time = format({ hour: '2-digit', minute: '2-digit' });
    this.#day = format({ weekday: 'long', day: 'numeric', month: 'long' });
    this.#dayAndYear = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
    this.#shortDay = format({ day: '2-digit', month: '2-digit', year: '2-digit' });
    this.#full = format({ dateStyle: 'medium', timeStyle: 'short' });
    this.#date = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    this.#relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
    this.#list = new Intl.ListFormat(language, { type: 'conjunction' });
    this.#collator = new Intl.Collator(language, { sensitivity: 'base', numeric: true });
  }

  time(at: number): string {
    return this.#time.format(at);
  }

  full(at: number): string {
    return this.#full.format(at);
  }

  list(items: readonly string[]): string {
    return this.#list.format(items);
  }

  /** An amount of bytes in the unit that suits it. */
  bytes(count: number): string {
    const step = Math.min(byteUnits.length - 1, count < 1 ? 0 : Math.floor(Math.log(count) / Math.log(1_000)));
    const unit = byteUnits[step] ?? 'byte';
    const format = { style: 'unit', unit, unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: 1 } as const;
    return new Intl.NumberFormat(this.#language, format).format(count / 1_000 ** step);
  }

  compare(a: string, b: string): number {
    return this.#collator.compare(a, b);
  }

  /** Two moments of the same day have the same key. */
  dayKey(at: number): string {
    return this.#date.format(at);
  }

  /** Heading of a day: today, yesterday, else the weekday and date. */
  day(at: number, now: number): string {
    const days = this.#daysBetween(at, now);
    if (days === 0 || days === -1) return capitalised(this.#relative.format(days, 'day'));
    return (this.#sameYear(at, now) ? this.#day : this.#dayAndYear).format(at);
  }

  /** As short as a list allows: the time today, "yesterday", else the date. */
  short(at: number, now: number): string {
    const days = this.#daysBetween(at, now);
    if (days === 0) return this.time(at);
    return days === -1 ? capitalised(this.#relative.format(-1, 'day')) : this.#shortDay.format(at);
  }

  /** A moment ahead: the time when it is today, else with its day. */
  until(at: number, now: number): string {
    return this.dayKey(at) === this.dayKey(now) ? this.time(at) : this.full(at);
  }

  /** How long ago, in the largest unit that is not 0. */
  ago(at: number, now: number): string {
    const minutes = Math.round((at - now) / 60_000);
    if (minutes > -60) return this.#relative.format(Math.min(0, minutes), 'minute');
    if (minutes > -60 * 24) return this.#relative.format(Math.round(minutes / 60), 'hour');
    return this.#relative.format(Math.round(minutes / 60 / 24), 'day');
  }

  #daysBetween(at: number, now: number): number {
    return Math.round((Date.parse(this.dayKey(at)) - Date.parse(this.dayKey(now))) / 86_400_000);
  }

  #sameYear(at: number, now: number): boolean {
    return this.dayKey(at).slice(0, 4) === this.dayKey(now).slice(0, 4);
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
