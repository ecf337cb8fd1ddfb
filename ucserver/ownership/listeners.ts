import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Logger } from '#shared/runtime/logger.ts';

/** Listeners that are called in the order they were added; one that throws is logged and does not stop the others. */
export class Listeners<Args extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();
  readonly #logger: Logger;
  readonly #name: string;

  constructor(name: string, logger: Logger) {
    this.#name = name;
    this.#logger = logger;
  }

  add(listener: (...args: Args) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  call(...args: Args): void {
    for (const listener of this.#listeners) {
      try {
        listener(...args);
      } catch (error) {
        this.#logger.error('A listener failed', { listener: this.#name, error });
      }
    }
  }
}
