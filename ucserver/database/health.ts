import type { DatabaseHealth } from './port.ts';

/** Remembers whether the database answers, and tells when that changes. */
export class HealthRecord {
  #now: DatabaseHealth = { writes: 'up', reads: 'up' };
  readonly #listeners = new Set<(health: DatabaseHealth) => void>();

  get now(): DatabaseHealth {
    return this.#now;
  }

  set(part: keyof DatabaseHealth, reached: boolean): void {
    const state = reached ? 'up' : 'away';
    if (this.#now[part] === state) return;
    this.#now = { ...this.#now, [part]: state };
    for (const listener of [...this.#listeners]) listener(this.#now);
  }

  listen(listener: (health: DatabaseHealth) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
