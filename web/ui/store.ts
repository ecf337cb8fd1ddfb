import { useCallback, useSyncExternalStore } from 'react';
import { Emitter, type Unsubscribe } from '#web/api/index.ts';

/** A value outside React that components can follow. */
export class Store<T> {
  #value: T;
  readonly #changes = new Emitter<T>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Sets the value; setting the same one again tells nobody. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#changes.emit(value);
  }

  on(listener: (value: T) => void): Unsubscribe {
    return this.#changes.on(listener);
  }
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(
    useCallback((changed) => store.on(changed), [store]),
    () => store.value,
  );
}
