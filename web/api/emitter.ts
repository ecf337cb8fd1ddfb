export type Unsubscribe = () => void;

/** Listeners of one kind of news. A listener that throws does not keep the others from hearing. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  on(listener: (value: T) => void): Unsubscribe {
    const own = (value: T) => listener(value);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** Browsers report it like any uncaught error; Node has no such function and gets it on the next turn. */
function reportError(error: unknown): void {
  const report: unknown = Reflect.get(globalThis, 'reportError');
  if (typeof report === 'function') report.call(globalThis, error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
