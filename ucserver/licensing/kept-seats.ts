import type { SeatName } from './ledger-plan.ts';

/** Seats of names that have left, which wait for them to come back; the longest kept first. */
export class KeptSeats {
  /** By name, since when (ms). */
  readonly #sinceMs = new Map<SeatName, number>();
  /** Of these it is known that they will not come back here. */
  readonly #abandoned = new Set<SeatName>();

  get size(): number {
    return this.#sinceMs.size;
  }

  get hasAbandoned(): boolean {
    return this.#abandoned.size > 0;
  }

  names(): Iterable<SeatName> {
    return this.#sinceMs.keys();
  }

  keep(name: SeatName, nowMs: number): void {
    this.#sinceMs.set(name, nowMs);
  }

  abandon(name: SeatName): void {
    if (this.#sinceMs.has(name)) this.#abandoned.add(name);
  }

  /** @returns whether a seat was kept for the name. */
  delete(name: SeatName): boolean {
    this.#abandoned.delete(name);
    return this.#sinceMs.delete(name);
  }

  clear(): void {
    this.#sinceMs.clear();
    this.#abandoned.clear();
  }

  /**
   * Names that need not keep their seats any longer.
   *
   * @param least so many whatever their age, if there are any
   */
  due({ nowMs, keepMs, least, most }: { nowMs: number; keepMs: number; least: number; most: number }): SeatName[] {
    const due = [...this.#abandoned].slice(0, most);
    for (const [name, sinceMs] of this.#sinceMs) {
      if ((due.length >= least && nowMs - sinceMs < keepMs) || due.length === most) break;
      if (!this.#abandoned.has(name)) due.push(name);
    }
    return due;
  }
}
