/** How much one source address may hold open at a time. */
export interface SourceLimits {
  readonly connections: number;
  /** Requests from one address that have no final answer yet. */
  readonly transactions: number;
}

/** Counts what each source address holds. What is taken must be given back. */
export class SourceCount {
  readonly #limit: number;
  readonly #held = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns false when this source holds as much as it may. */
  take(address: string): boolean {
    const held = this.#held.get(address) ?? 0;
    if (held >= this.#limit) return false;
    this.#held.set(address, held + 1);
    return true;
  }

  giveBack(address: string): void {
    const held = this.#held.get(address) ?? 0;
    if (held <= 1) this.#held.delete(address);
    else this.#held.set(address, held - 1);
  }
}
