import type { Fragment } from './payload.ts';
import { joinedLength } from './payload.ts';

/** How many state changes may be on their way to a peer: enough for a full pipe, few enough that what arrives is new. */
export const windowSize = 2_000;
/** More things than this waiting for one peer means that it does not take them: they are given up and re-sync repairs it. */
const maxWaiting = 20_000;

/** What is joined into one envelope. */
export interface Parcel {
  readonly first: readonly Fragment[];
  readonly second: readonly Fragment[];
  /** Ids of the requests among `first`. */
  readonly requests: readonly number[];
}

/**
 * What waits for one peer. The first lane is a queue. The second is a set by key, in which the newest replaces what has not left
 * yet; it flows as the peer acknowledges.
 */
export class Outbox {
  #first: { readonly fragment: Fragment; readonly request: number | undefined }[] = [];
  readonly #second = new Map<string | symbol, Fragment>();
  /** State changes sent but not acknowledged, by number of their envelope, oldest first. */
  readonly #underWay = new Map<number, number>();
  #underWayTotal = 0;

  /** Something can be sent now. */
  get ready(): boolean {
    return this.#first.length > 0 || (this.#second.size > 0 && this.#underWayTotal < windowSize);
  }

  /** How many state changes are on their way. */
  get unacknowledged(): number {
    return this.#underWayTotal;
  }

  /** So much has piled up that it must be given up. */
  get overflowing(): boolean {
    return this.#first.length + this.#second.size > maxWaiting;
  }

  add(fragment: Fragment, request?: number): void {
    this.#first.push({ fragment, request });
  }

  /** A key of its own (a symbol) keeps it from being replaced. */
  addState(key: string | symbol, fragment: Fragment): void {
    // Deleted first, so that the order of leaving is that of the last change.
    this.#second.delete(key);
    this.#second.set(key, fragment);
  }

  /** Takes what fits into the next envelope. */
  take(): Parcel {
    const first: Fragment[] = [];
    const second: Fragment[] = [];
    const requests: number[] = [];
    let length = 0;
    let taken = 0;
    for (const { fragment, request } of this.#first) {
      if (length > 0 && length + fragment.length > joinedLength) break;
      length += fragment.length + 1;
      first.push(fragment);
      if (request !== undefined) requests.push(request);
      taken++;
    }
    if (taken === this.#first.length) {
      this.#first = [];
      const room = windowSize - this.#underWayTotal;
      for (const [key, fragment] of this.#second) {
        if (second.length >= room || (length > 0 && length + fragment.length > joinedLength)) break;
        length += fragment.length + 1;
        second.push(fragment);
        this.#second.delete(key);
      }
    } else {
      this.#first.splice(0, taken);
    }
    return { first, second, requests };
  }

  /** The envelope of this number carried so many state changes. */
  sent(number: number, stateChanges: number): void {
    if (stateChanges === 0) return;
    this.#underWay.set(number, stateChanges);
    this.#underWayTotal += stateChanges;
  }

  /** Everything up to this number was applied by the peer or lost (then re-sync repairs it). */
  acknowledged(number: number): void {
    for (const [sent, count] of this.#underWay) {
      if (sent > number) return;
      this.#underWay.delete(sent);
      this.#underWayTotal -= count;
    }
  }

  /** Gives up everything. @returns ids of the requests that were waiting, and whether anything else was lost. */
  clear(): { readonly requests: readonly number[]; readonly lostEvents: boolean } {
    const requests = this.#first.map(({ request }) => request).filter((id) => id !== undefined);
    const lostEvents = this.#first.length > requests.length || this.#second.size > 0;
    this.#first = [];
    this.#second.clear();
    this.#underWay.clear();
    this.#underWayTotal = 0;
    return { requests, lostEvents };
  }
}
